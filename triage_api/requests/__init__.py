"""Partners' requests for a check on a youth, and their answers."""

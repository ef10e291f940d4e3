"""Cases that meet: the desk is told, and can propose that the pivots of organisations meet."""

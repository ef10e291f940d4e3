"""The command line: every verb in one place; it wires the rooms and does no work itself."""

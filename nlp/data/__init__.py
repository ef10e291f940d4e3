"""Word lists and the gazetteer that the ground floor reads; plain data, no code."""

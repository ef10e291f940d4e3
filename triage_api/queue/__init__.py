"""The triage queue: what waits to be read, who reads it, what is decided."""

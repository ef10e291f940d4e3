"""The dashboard: what waits, what was decided, how far readers agree, whether scores drift, one's own reading time."""

"""The ground floor: pure functions on text. No input or output beyond loading a model file."""

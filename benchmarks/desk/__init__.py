"""The analyst's desk under a crowd: how long the server takes for its pages when much is kept and many work."""

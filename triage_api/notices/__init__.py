"""E-mails without content to pivots: that something waits here for them, never what."""

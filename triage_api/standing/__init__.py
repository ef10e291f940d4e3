"""Standing searches: repeated by themselves for a partner's request while it is open, and what they find new."""

"""Reading what a page holds: markup, moments, declarative selectors."""

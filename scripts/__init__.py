"""The project's own tools: pictures of the pages, and what the tests need."""

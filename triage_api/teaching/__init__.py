"""Fictional cases with their solutions, to learn reading posts on; never a post, never in the queue, never counted."""

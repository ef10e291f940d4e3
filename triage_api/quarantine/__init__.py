"""The quarantine officer's desk: sealed texts, listed without a word of them, and what becomes of each.

Nobody else reads them, no emergency access and no program's token does, and nothing here leads to a post or the queue.
"""

"""What a corpus is on disk: tables in three formats, what describes them, and what proves that they may leave.

`shapes` says what stands in one, `writing` makes it, `proving` reads it back and trusts nothing that it says of itself.
"""

"""The register of searches: an append-only Merkle log that is signed, proved and verified.

`entries` writes and reads it; `sequencing` gives every entry its place in the tree and signs checkpoints; `proofs`
answers from the tree; `verifying` names what is not as it was written; `witness` watches from another machine.
"""

from store.register.entries import Event, append, canonical, entries, entry_content, settle
from store.register.tree import leaf_hash

__all__ = ["Event", "append", "canonical", "entries", "entry_content", "leaf_hash", "settle"]

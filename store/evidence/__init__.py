"""Evidence that stands: what is kept of posts, entered in the register and verified.

`anchors` enters the digests of captures in the register and finds them there; `checking` holds one capture against all
that is known of it; `verifying` does so for a post, and for everything that is kept.
"""

"""One post: reading it, with an entry in the register, and pasting one."""

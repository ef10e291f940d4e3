"""Sources: declared in a file, entered in the register, collected only under an approval."""

"""Emergency access: taken alone, told at once, reviewed by somebody else."""

"""What ends when a youth turns 18, who is reminded before, and what an adult's yes lets go on."""

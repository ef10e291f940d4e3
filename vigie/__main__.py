"""`python -m vigie`: the command line."""

from vigie.main import main

main()

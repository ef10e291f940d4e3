"""Who may come in, and where: accounts, sessions, roles."""

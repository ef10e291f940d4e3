"""Cases: the five steps of the Entente multisectorielle that were taken for a request, and its end."""

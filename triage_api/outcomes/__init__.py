"""The report of outcomes: what partners asked, how soon they were answered, and what came of what they were told."""

"""How long a person has read today: for their own health, seen by themselves, for others only counted."""

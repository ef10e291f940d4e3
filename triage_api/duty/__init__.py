"""Who is on duty: watches, back-ups, and alerts when what is immediate waits and nobody takes it."""

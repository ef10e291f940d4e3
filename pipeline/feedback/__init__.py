"""What people decide comes back to the reader: a random sample of what it passed over, and models trained anew."""

"""Legal holds: asked for by one person, granted by another; they keep, and open nothing."""

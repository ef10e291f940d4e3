"""Rights: asking what is kept of oneself, having it put right, objecting, complaining, without an account."""

"""Evidence: what is kept of a post, verified, and the dated fact sheet that is handed to police or youth protection."""

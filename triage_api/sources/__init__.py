"""The sources: how they are, who lets them be collected, and what they do not hold."""

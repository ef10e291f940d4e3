"""The unattended steps: collect, assess, index, retain; each a resumable, idempotent loop."""

"""The second factor: codes of an authenticator, and recovery codes on paper."""

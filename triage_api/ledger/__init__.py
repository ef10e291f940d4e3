"""The ledger of disclosures: who was told what about whom, on what ground."""

"""Ledger: what happened, and who is told."""

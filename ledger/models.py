"""The tables of ledger."""

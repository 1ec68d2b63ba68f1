"""The pure part of ledger: values in, values out; no Django below this folder."""

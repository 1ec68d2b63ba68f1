"""The tables of production."""

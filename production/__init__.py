"""Production: how it gets made."""

"""Orders: what was promised to whom."""

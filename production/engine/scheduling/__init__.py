"""When runs are made, and on which machine."""

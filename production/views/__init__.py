"""The staff's pages: what waits, what is planned, each run, the floor, and what happened."""

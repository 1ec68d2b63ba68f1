"""The shop's pages: the shelf, a design being made, a finished design, and their pictures."""

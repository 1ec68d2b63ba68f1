"""What the makers of production files refuse."""


class CannotBeMade(ValueError):
    """The machine's file cannot hold what is in the scene; the message says what to do about it."""


class NoOutputProfile(CannotBeMade):
    """A CMYK file was asked for, but nobody gave the press's ICC profile."""

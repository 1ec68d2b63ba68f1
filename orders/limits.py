"""How much one order may ask for: what protects everybody else's dates from a slip or a prank."""

from django.conf import settings

from configurator.engine.spec import FamilySpec


def line_refusal(quantity: int) -> str:
    """Why nobody can order so many pieces in one line; empty when they can."""
    most: int = settings.MAX_PIECES_A_LINE
    if 1 <= quantity <= most:
        return ""
    return f"Choose between 1 and {most} pieces; ask us for more."


def price_refusal(spec: FamilySpec) -> str:
    """Why nobody can order a family at all; empty when they can."""
    if spec.priced:
        return ""
    return f"{spec.name} is not for sale yet: no price has been set. You can keep and share the design."


def order_refusal(pieces: int) -> str:
    """Why nobody can order so many pieces at once; empty when they can."""
    most: int = settings.MAX_PIECES_AN_ORDER
    if pieces <= most:
        return ""
    return f"One order takes {most} pieces at most, and these are {pieces}: order fewer, or ask us."

"""What pages say of a design in a line."""

from configurator.answers import labels
from configurator.catalogue import spec_of
from configurator.models import Design

SUMMARY = 12  # choices named in a line's summary


def summary(design: Design) -> str:
    """A design's choices in one line, numbers with their names; the texts are shown apart."""
    options = spec_of(design.version).option_by_code
    told = [
        f"{label['option']} {label['value']}" if options[label["code"]].kind == "integer" else label["value"]
        for label in labels(design)
        if options[label["code"]].kind != "text"
    ]
    rest = len(told) - SUMMARY
    return ", ".join(told[:SUMMARY]) + (f" and {rest} more" if rest > 0 else "")


def texts(design: Design) -> list[dict[str, str]]:
    """The words on a design, to be read once more before they are burnt in."""
    kinds = spec_of(design.version).option_by_code
    return [
        {"name": label["option"], "value": label["value"]}
        for label in labels(design)
        if kinds[label["code"]].kind == "text"
    ]

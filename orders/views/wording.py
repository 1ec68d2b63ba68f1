"""What pages say of a design in a line."""

from collections.abc import Mapping

from configurator.answers import labels
from configurator.catalogue import spec_of
from configurator.models import Design

SUMMARY = 12  # choices named in a line's summary


def summary(design: Design) -> str:
    """A design's choices in one line, numbers with their names; the texts are shown apart."""
    options = spec_of(design.version).option_by_code
    told = [
        _told(label, options[label["code"]].kind)
        for label in labels(design)
        if options[label["code"]].kind != "text" and not _is_off(label, options[label["code"]].kind)
    ]
    rest = len(told) - SUMMARY
    return ", ".join(told[:SUMMARY]) + (f" and {rest} more" if rest > 0 else "")


def _is_off(label: Mapping[str, str], kind: str) -> bool:
    """A switch that is off says nothing of what is made."""
    return kind == "switch" and label["value"] == "No"


def _told(label: Mapping[str, str], kind: str) -> str:
    if kind == "switch":
        return label["option"]
    return f"{label['option']} {label['value']}" if kind == "integer" else label["value"]


def texts(design: Design) -> list[dict[str, str]]:
    """The words on a design, to be read once more before they are burnt in."""
    kinds = spec_of(design.version).option_by_code
    return [
        {"name": label["option"], "value": label["value"]}
        for label in labels(design)
        if kinds[label["code"]].kind == "text"
    ]

"""When two designs are the same thing to make."""

import hashlib
import json
from collections.abc import Iterable, Mapping

from configurator.engine.spec import Choice


def canonical(choices: Mapping[str, Choice]) -> str:
    """The one JSON text of these choices, whatever their order."""
    return json.dumps(dict(choices), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def artwork_hash(surfaces: Iterable[tuple[str, str]]) -> str:
    """One hash for the ``(surface, scene hash)`` pairs of all surfaces, in the family's order."""
    text = "\n".join(f"{surface} {scene}" for surface, scene in surfaces)
    return hashlib.sha256(text.encode()).hexdigest()


def content_hash(*, version_hash: str, choices: Mapping[str, Choice], artwork: str) -> str:
    """What exactly is made: the version's text, the choices, the outlines. Hexadecimal SHA-256."""
    text = "\n".join(("design 1", version_hash, canonical(choices), artwork))
    return hashlib.sha256(text.encode()).hexdigest()

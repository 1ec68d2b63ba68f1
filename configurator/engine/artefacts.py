"""Compiled knowledge as bytes and back, so that a process need not compile what another one has compiled.

A line of JSON says what follows, then the clauses as 32-bit integers, compressed. `fingerprint` says by which
code something was compiled: what other code has compiled is compiled again.
"""

import hashlib
import json
import zlib
from dataclasses import asdict
from fractions import Fraction
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from configurator.engine.compiled import ChoiceVariable, Knowledge, NumberVariable, Variable
from configurator.engine.spec import FamilySpec

FORMAT = "clauses 1"
MAX_BYTES = 256_000_000  # of the clauses, unpacked
_KINDS: dict[str, type[Variable]] = {"choice": ChoiceVariable, "number": NumberVariable}


class Unreadable(ValueError):
    """Bytes that are no compiled knowledge of this format."""


@cache
def fingerprint() -> str:
    """The SHA-256 of the engine's code (without pictures and layout, which compile nothing)."""
    folder = Path(__file__).parent
    seen = hashlib.sha256()
    for path in sorted([*folder.glob("*.py"), *folder.glob("diagram/*.py")]):
        seen.update(f"{path.relative_to(folder)}\n".encode())
        seen.update(path.read_bytes())
    return seen.hexdigest()


def to_bytes(knowledge: Knowledge) -> bytes:
    clauses = knowledge.clauses
    lengths = np.fromiter((len(clause) for clause in clauses), "<i4", len(clauses))
    literals = np.fromiter((literal for clause in clauses for literal in clause), "<i4", int(lengths.sum()))
    head = {
        "format": FORMAT,
        "content_hash": knowledge.content_hash,
        "variables": [_described(variable) for variable in knowledge.variables.values()],
        "selectors": list(knowledge.selectors.items()),
        "top": knowledge.top,
        "arithmetic": knowledge.arithmetic,
        "clauses": len(lengths),
        "literals": len(literals),
    }
    text = json.dumps(head, separators=(",", ":"), default=str)
    return text.encode() + b"\n" + zlib.compress(lengths.tobytes() + literals.tobytes(), 6)


def _described(variable: Variable) -> tuple[str, dict[str, Any]]:
    kind = "choice" if isinstance(variable, ChoiceVariable) else "number"
    return kind, asdict(variable)


def from_bytes(data: bytes, spec: FamilySpec) -> Knowledge:
    """The knowledge of this family again; raises `Unreadable`."""
    try:
        text, _, body = data.partition(b"\n")
        head = json.loads(text)
        if head["format"] != FORMAT:
            raise Unreadable(f"the format {head['format']} is not known")
        count, size = int(head["clauses"]), 4 * (int(head["clauses"]) + int(head["literals"]))
        if size > MAX_BYTES:
            raise Unreadable(f"more than {MAX_BYTES // 1_000_000} MB")
        unpacking = zlib.decompressobj()
        unpacked = unpacking.decompress(body, size + 1)
        if len(unpacked) != size or not unpacking.eof:
            raise Unreadable("the clauses have another length than announced")
        lengths = np.frombuffer(unpacked, "<i4", count).tolist()
        literals = tuple(np.frombuffer(unpacked, "<i4", -1, 4 * count).tolist())
        ends = list(accumulate(lengths, initial=0))
        variables = [_variable(kind, facts) for kind, facts in head["variables"]]
        return Knowledge(
            spec=spec,
            content_hash=head["content_hash"],
            variables={variable.code: variable for variable in variables},
            clauses=tuple([literals[start:end] for start, end in pairwise(ends)]),
            selectors=dict(head["selectors"]),
            top=head["top"],
            arithmetic=tuple(head["arithmetic"]),
        )
    except (KeyError, TypeError, ValueError, zlib.error) as error:
        raise Unreadable(str(error)) from error


def _variable(kind: str, facts: dict[str, Any]) -> Variable:
    given: dict[str, Any] = {
        name: tuple(fact) if isinstance(fact, list) else fact for name, fact in facts.items()
    }
    if "factor" in given:
        given["factor"] = Fraction(given["factor"])
    return _KINDS[kind](**given)

"""Feature models for tests: read from text or file, and counted by trying everything."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from configurator.engine.rules import environment_of, rule_holds
from configurator.engine.spec import Choice, FamilySpec, OptionSpec
from configurator.engine.uvl import read_uvl
from tests.conftest import SHARED_DATA

FOLDER = SHARED_DATA / "feature-models"
LANGUAGE = FOLDER / "uvl-language"
there = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the public models (shared/data/feature-models) are not here"
)


def read(text: str, **imports: str) -> FamilySpec:
    return read_uvl(text, code="model", name="Model", imports=imports)


def file(path: Path) -> FamilySpec:
    around = {
        str(each.relative_to(path.parent)): each.read_text(encoding="utf-8")
        for each in path.parent.rglob("*.uvl")
    }
    return read_uvl(path.read_text(encoding="utf-8"), code="model", name="Model", imports=around)


def configurations(spec: FamilySpec) -> int:
    """How many configurations keep all rules, by trying every one."""
    domains = [list(_domain(option)) for option in spec.options]
    codes = [option.code for option in spec.options]
    return sum(
        all(
            rule_holds(rule, environment_of(spec, dict(zip(codes, values, strict=True)), finished=True))
            for rule in spec.rules
        )
        for values in itertools.product(*domains)
    )


def _domain(option: OptionSpec) -> Iterator[Choice]:
    if option.kind == "integer":
        yield from range(option.minimum, option.maximum + 1, option.step)
    elif option.kind != "multiple":
        yield from option.codes
    else:
        for size in range(option.least, option.most + 1):
            yield from (",".join(codes) for codes in itertools.combinations(option.codes, size))

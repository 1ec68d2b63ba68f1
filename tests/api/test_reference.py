"""docs/reference/api.md says what the code does."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from ledger.engine import strict_json
from ledger.keys import SCOPES
from server import problems

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
REFUSALS = [*problems.TABLE.values(), problems.UNEXPECTED]


def rows(columns: int) -> list[tuple[str, ...]]:
    found = [tuple(cell.strip(" `") for cell in line.strip("|").split("|")) for line in PAGE.splitlines()
             if line.startswith("|")]  # fmt: skip
    return [row for row in found if len(row) == columns]


def test_every_problem_is_told_as_it_is() -> None:
    told = {row for row in rows(3) if row[0].isdigit()}
    are = {(str(each.status), each.code, each.title) for each in REFUSALS}
    assert told == are, "the rows of docs/reference/api.md should be:\n" + "\n".join(
        f"| {status} | `{code}` | {title} |" for status, code, title in sorted(are)
    )


def test_a_code_has_one_status_and_one_title() -> None:
    assert len({each.code for each in REFUSALS}) == len(
        {(each.code, each.status, each.title) for each in REFUSALS}
    )


def test_every_scope_is_told() -> None:
    assert {row[0] for row in rows(2) if ":" in row[0]} == set(SCOPES)


def test_every_rate_is_told_with_its_setting() -> None:
    told = {(row[0], row[1]) for row in rows(3) if row[2].startswith("API_RATE")}
    assert told == set(settings.API_RATES.items())


@pytest.mark.parametrize(
    ("said", "is_so"),
    [
        (r"at most (\d+) KiB", strict_json.MAX_BYTES // 1024),
        (r"(\d+) levels", strict_json.MAX_DEPTH),
        (r"([\d,]+) values", strict_json.MAX_NODES),
        (r"texts of ([\d,]+) characters", strict_json.MAX_STRING),
    ],
)
def test_the_limits_of_the_gate_are_told(said: str, is_so: Any) -> None:
    found = re.search(said, PAGE)
    assert found is not None
    assert int(found[1].replace(",", "")) == is_so

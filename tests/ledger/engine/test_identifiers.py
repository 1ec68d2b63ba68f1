"""Identifiers: prefix, time order, no two alike."""

import re
import time

from ledger.engine.identifiers import ALPHABET, new_id


def bits(identifier: str) -> int:
    number = 0
    for letter in identifier.split("_")[1]:
        number = number << 5 | ALPHABET.index(letter)
    return number


def test_an_identifier_is_a_prefix_and_a_uuid_of_version_7() -> None:
    identifier = new_id("ord")
    assert re.fullmatch(rf"ord_[{ALPHABET}]{{26}}", identifier)
    assert bits(identifier) >> 76 & 0xF == 7
    assert bits(identifier) >> 62 & 0b11 == 0b10
    assert abs((bits(identifier) >> 80) - time.time() * 1000) < 5000


def test_identifiers_sort_by_the_time_they_were_made() -> None:
    first = new_id("ord")
    time.sleep(0.003)
    assert first < new_id("ord")


def test_no_two_identifiers_are_alike() -> None:
    assert len({new_id("ord") for _ in range(2000)}) == 2000

"""A sample of the hostile and odd files: each decided as it has to be, nothing active kept."""

import itertools

from benchmarks.artwork.upload_judging import FEWEST, MEMORY_BAR, corpus, judge

SAMPLE = 8  # every eighth: the whole of it is `manage.py bench artwork --only uploads`


def test_the_corpus_is_large_enough_and_always_the_same():
    first = list(corpus(quick=True))
    assert len(first) >= FEWEST
    assert len({name for name, _, _ in first}) == len(first)
    again = {name: data for name, data, _ in corpus(quick=True)}
    assert [name for name, data, _ in first if again[name] != data] == []


def test_a_sample_is_decided_as_it_has_to_be():
    said = []
    decided = judge(itertools.islice(corpus(quick=True), 3, None, SAMPLE), said.append)
    assert said == []
    assert max(decision.peak for decision, _ in decided) < MEMORY_BAR


def test_what_is_wrong_is_told():
    said = []
    judge([("a plain text", b"hello", "accept")], said.append)
    assert said == ["  a plain text: format, expected accept"]

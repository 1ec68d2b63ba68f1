"""The artwork benchmark works: its lines, its verdict, its page. Figures are for the command to say."""

import re

import pytest

from benchmarks import page, running
from benchmarks.artwork import command
from benchmarks.artwork.measurements import MEASUREMENTS, full, quick
from benchmarks.artwork.reading import READERS
from benchmarks.bars import Bar, Section
from benchmarks.environment import versions

LINE = re.compile(r"^[^:]+: .+ (\(bar (<= |>= )?[\d.,]+ ?[\w%]*\)|\(.*\)) (ok|short)$")


def test_a_bar_that_is_short_ends_the_command_with_1(monkeypatch, capsys, tmp_path):
    sections = {
        "good": lambda scale: Section("good", "Good", bars=[Bar("speed", 2.0, 1.0)]),
        "bad": lambda scale: Section("bad", "Bad", bars=[Bar("wrong", 1, 0, "wrong", at_most=True)]),
    }
    monkeypatch.setattr(command, "MEASUREMENTS", sections)
    monkeypatch.setattr(type(READERS), "install", lambda self: None)
    written = tmp_path / "page.md"
    assert command.main(["--quick", "--only", "good"]) == 0
    assert command.main(["--quick", "--page", str(written)]) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if line.endswith((" ok", " short"))]
    assert "wrong: 1 (bar 0) short" in lines
    assert [line for line in lines if not LINE.match(line)] == []
    assert "wrong: 1 (bar 0) short" in written.read_text()


def test_a_measurement_for_which_no_time_was_left_is_short(capsys):
    late = {"late": lambda: Section("late", "Late", bars=[Bar("speed", 2.0, 1.0)])}
    sections = running.measured(late, skipped=frozenset(), seconds=-1.0)
    assert running.conclude(sections, 1.0) == 1
    assert re.search(r"^late: not measured \(.*\) short$", capsys.readouterr().out, re.MULTILINE)


def test_what_is_left_out_on_purpose_is_not_short():
    late = {"late": lambda: Section("late", "Late", bars=[Bar("speed", 1.0, 2.0)])}
    assert running.conclude(running.measured(late, skipped=frozenset(late), seconds=60.0), 1.0) == 0


def test_the_page_keeps_the_sections_of_other_benchmarks(tmp_path):
    path = tmp_path / "benchmarks.md"
    page.put("engine", "## Engine\n\none", path=path)
    page.put("artwork", "## Artwork\n\nfirst", path=path)
    page.put("engine", "## Engine\n\ntwo", path=path)
    page.put("artwork", "## Artwork\n\nsecond \\1", path=path)
    text = path.read_text()
    assert text.startswith(page.HEAD)
    assert "two" in text and "second \\1" in text
    assert "one\n" not in text.replace(page.HEAD, "") and "first" not in text


def test_the_page_in_the_repository_has_the_sections_in_their_marks():
    text = page.PAGE.read_text(encoding="utf-8")
    assert text.count("<!-- engine -->") == text.count("<!-- end of engine -->") == 1


def test_a_quick_run_has_every_measurement():
    assert quick(1).seconds < 50
    assert {"previews", "browser", "uploads"} <= set(MEASUREMENTS)


@pytest.mark.parametrize("name", ["ezdxf", "pymupdf", "skia-python", "svgelements"])
def test_the_readers_lock_has_every_reader(name):
    assert name in versions(READERS.lock)


def test_a_full_run_is_as_large_as_its_bars_ask():
    scale = full(1)
    assert scale.shown >= 200 and scale.strings >= 5_000 and scale.pairs >= 500
    assert scale.whole_corpus and scale.fault_share == 1 and scale.sheet_pictures == 1

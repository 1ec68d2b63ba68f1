"""A shop whose fonts or shaper are not right does not open, and says what to do."""

import shutil
from dataclasses import replace

import pytest
from django.core.checks import run_checks

from configurator.engine import font_files, fonts
from configurator.engine.font_files import BY_CODE
from configurator.engine.fonts import FontLibrary
from configurator.engine.layout import readiness
from server import doctor


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The shop's own font folder, as a copy that a test may spoil."""
    for name in ("NotoEmoji-Regular.ttf",):
        shutil.copy(font_files.OWN_FOLDER / name, tmp_path / name)
    monkeypatch.setattr(font_files, "OWN_FOLDER", tmp_path)
    return tmp_path


def errors():
    return [message for message in run_checks() if message.id == "server.E006"]


def test_all_fonts_are_there_and_all_scripts_are_shaped():
    assert readiness.problems() == ()
    assert errors() == []
    assert doctor.fonts().ok and doctor.shaper().ok


def test_a_font_file_that_is_gone_stops_the_start(folder):
    (folder / "NotoEmoji-Regular.ttf").unlink()
    (error,) = errors()
    assert error.msg == "The font noto-emoji is missing: there is no NotoEmoji-Regular.ttf."
    assert "release" in error.hint
    assert not doctor.fonts().ok


def test_a_font_file_with_another_byte_stops_the_start(folder):
    path = folder / "NotoEmoji-Regular.ttf"
    path.write_bytes(path.read_bytes() + b"\0")
    (error,) = errors()
    assert error.msg.startswith("The font noto-emoji is not the one that designs were approved with")
    assert not doctor.shaper().ok


def test_a_font_package_that_is_not_installed_stops_the_start(monkeypatch):
    gone = replace(BY_CODE["noto-sans-thai"], package="fontpkg_nobody_has_this")
    monkeypatch.setattr(font_files, "PINNED", (gone,))
    (error,) = errors()
    assert error.msg == "The font noto-sans-thai is missing: its package is not installed."
    assert "manage.py up" in error.hint


def test_a_shaper_that_joins_nothing_stops_the_start(monkeypatch):
    """A face without the tables that join: HarfBuzz then draws letter by letter, and raises no error."""
    monkeypatch.setattr(fonts.hb, "shape", _letter_by_letter)
    found = readiness.shaping_problems(FontLibrary.installed())
    assert any("Arabic" in problem for problem in found)
    assert any("Devanagari" in problem for problem in found)


_shape = fonts.hb.shape


def _letter_by_letter(font, buffer, features=None):
    every = ("init", "medi", "fina", "rlig", "liga", "calt", "ccmp", "akhn", "half", "cjct", "blwf", "rphf")
    _shape(font, buffer, dict.fromkeys(every, False))

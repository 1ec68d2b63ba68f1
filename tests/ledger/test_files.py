"""A file is whole under its name, or it is not there."""

import os
from pathlib import Path

import pytest

from ledger.files import write_whole


def _full_disk(handle: int) -> None:
    raise OSError(28, "No space left on device")


def test_a_file_is_written_with_its_folder(tmp_path: Path) -> None:
    write_whole(tmp_path / "new" / "a.png", b"whole")
    assert (tmp_path / "new" / "a.png").read_bytes() == b"whole"
    assert (tmp_path / "new" / "a.png").stat().st_mode & 0o777 == 0o640


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", _full_disk)
    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "a.png", b"half")
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_the_old_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_whole(tmp_path / "a.png", b"old")
    monkeypatch.setattr(os, "fsync", _full_disk)
    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "a.png", b"new")
    assert (tmp_path / "a.png").read_bytes() == b"old"

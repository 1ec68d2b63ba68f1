"""The doctor: finds nothing on a sound machine, and each thing that is wrong."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from server import doctor


@pytest.mark.parametrize(
    "check",
    [
        doctor.python,
        doctor.packages,
        doctor.safety,
        doctor.writable,
        doctor.sockets,
        doctor.fonts,
        doctor.shaper,
        doctor.machine_profiles,
    ],
    ids=lambda check: check.__name__,
)
def test_a_sound_machine_has_nothing_to_mend(check: Callable[[], doctor.Finding]) -> None:
    finding = check()
    assert finding.ok, f"{finding.found} -> {finding.fix}"


@pytest.mark.django_db
def test_a_migrated_database_with_the_right_time_is_well(settings: Settings) -> None:
    settings.EMBEDDED_DATABASE = False  # the tests' own runs already
    never_closed = contextlib.ExitStack()  # closing would end the test's own connection
    assert doctor.database(never_closed).ok
    assert doctor.clock().ok


def test_another_version_than_locked_is_found(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "requirements.txt").write_text(
        "django==1.0 \\\n    --hash=sha256:00\nnot-there-at-all==2.0 \\\n    --hash=sha256:00\n"
        "only-on-windows==1.0 ; sys_platform == 'win32' \\\n    --hash=sha256:00\n"
    )
    settings.BASE_DIR = tmp_path
    finding = doctor.packages()
    assert not finding.ok
    assert "instead of 1.0" in finding.found
    assert "not-there-at-all is missing" in finding.found
    assert "only-on-windows" not in finding.found


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_found(tmp_path: Path, settings: Settings) -> None:
    tmp_path.chmod(0o500)
    settings.VAR_DIR = tmp_path / "var"
    assert "VAR_DIR" in doctor.writable().fix


def test_a_file_in_place_of_a_folder_is_found(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "var").write_text("")
    settings.VAR_DIR = tmp_path / "var"
    assert "VAR_DIR" in doctor.writable().fix


def test_a_guessable_secret_is_found(settings: Settings) -> None:
    settings.QUOTE_KEY = "secret"
    assert "QUOTE_KEY" in doctor.safety().found


def test_a_broker_that_is_not_there_is_found(settings: Settings) -> None:
    settings.EMBEDDED_BROKER = False
    settings.BROKER_URL = "redis://127.0.0.1:1/0"
    finding = doctor._guarded("broker", lambda: doctor.message_broker(contextlib.ExitStack()))
    assert "pgmq://" in finding.fix


def test_the_command_fails_when_something_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        doctor, "findings", lambda: iter([doctor.Finding("disk", "full", "Free some space.")])
    )
    with pytest.raises(SystemExit) as stopped:
        call_command("doctor")
    assert stopped.value.code == 1
    assert "-> Free some space." in capsys.readouterr().out


def test_a_new_checkout_is_well(tmp_path: Path, settings: Settings) -> None:
    """A shop that was never started has an empty database: that is what `up` fills, nothing to mend."""
    clean = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BROKER_URL")}
    asked = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=settings.BASE_DIR,
        env={**clean, "VAR_DIR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert "empty: `up` fills it" in asked.stdout and "ms from the database's" in asked.stdout


def test_a_bad_machine_profile_is_named_with_its_place(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("code: own\nprocess: engrave\nbleed: 3\n", encoding="utf-8")
    settings.MACHINE_PROFILES = str(tmp_path)
    finding = doctor.machine_profiles()
    assert not finding.ok
    assert "own.yaml: line 3, column 8, bleed: has to be text, not 3" in finding.found

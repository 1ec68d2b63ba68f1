"""The set-up from bare Python: what is decided without installing anything."""

import subprocess
import sys
from pathlib import Path

import pytest

from server import bootstrap

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with locks and no environment."""
    for name in ("requirements-setup.txt", "requirements.txt", "requirements-dev.txt"):
        (tmp_path / name).write_text(f"{name}\n")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / ".venv" / ".installed.json")
    monkeypatch.delenv("NO_BOOTSTRAP", raising=False)
    return tmp_path


def test_it_needs_nothing_but_the_standard_library() -> None:
    code = (
        "import server.bootstrap; print([name for name in sys.modules if name.startswith(('django', 'pip'))])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_another_lock_means_another_fingerprint(elsewhere: Path) -> None:
    before = bootstrap.fingerprint("runtime")
    (elsewhere / "requirements.txt").write_text("django==5.2.20\n")
    assert bootstrap.fingerprint("runtime") != before


def test_the_tests_lock_does_not_count_for_running(elsewhere: Path) -> None:
    before = bootstrap.fingerprint("runtime")
    (elsewhere / "requirements-dev.txt").write_text("pytest==1\n")
    assert bootstrap.fingerprint("runtime") == before


def test_an_old_python_is_refused_with_the_way_out(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (99, 0))
    with pytest.raises(bootstrap.CannotSetUp, match=r"Python 99\.0 or newer is needed"):
        bootstrap.ensure(dev=False)


def test_a_deployment_can_forbid_any_set_up(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_BOOTSTRAP", "1")
    bootstrap.ensure(dev=True)
    assert not (elsewhere / ".venv").exists()


def test_no_pip_is_said_with_the_command_that_brings_it(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        bootstrap.subprocess,
        "run",
        lambda *args, **kwargs: subprocess.CompletedProcess(args, 1, "", "No module named pip"),
    )
    with pytest.raises(bootstrap.CannotSetUp, match="apt install python3-pip"):
        bootstrap._find_pip()


def test_an_old_pip_is_passed_over(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["pip 20.3.4 from /x (python 3.11)", "pip 23.0.1 from /y (python 3.11)"])
    monkeypatch.setattr(
        bootstrap.subprocess,
        "run",
        lambda *args, **kwargs: subprocess.CompletedProcess(args, 0, next(answers), ""),
    )
    assert bootstrap._find_pip() == [sys.executable, "-m", "pip"]


def test_a_stamp_is_written_only_after_everything_is_in(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (elsewhere / ".venv").mkdir()
    monkeypatch.setattr(bootstrap, "_make_environment", lambda: None)
    monkeypatch.setattr(bootstrap, "_install_with_uv", lambda want: False)

    def refuse(*arguments: str) -> None:
        raise bootstrap.CannotSetUp("no network")

    monkeypatch.setattr(bootstrap, "_pip", refuse)
    with pytest.raises(bootstrap.CannotSetUp):
        bootstrap._install("dev")
    assert not bootstrap.STAMP.exists()

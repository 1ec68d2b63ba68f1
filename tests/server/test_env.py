"""Reading the environment."""

import json
import multiprocessing
import stat
from pathlib import Path

import pytest

from server import env


def test_an_unset_variable_gives_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOME_FLAG", raising=False)
    assert env.flag("SOME_FLAG", True) is True


@pytest.mark.parametrize(
    ("raw", "value"), [("1", True), ("Yes", True), ("0", False), ("off", False), ("", False)]
)
def test_a_flag_is_yes_or_no(raw: str, value: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_FLAG", raw)
    assert env.flag("SOME_FLAG", not value) is value


def test_a_flag_that_is_neither_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_FLAG", "maybe")
    with pytest.raises(env.BadSetting, match="neither yes nor no"):
        env.flag("SOME_FLAG", False)


@pytest.mark.parametrize("raw", ["ten", "-1"])
def test_a_number_out_of_reach_is_refused(raw: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_NUMBER", raw)
    with pytest.raises(env.BadSetting, match="SOME_NUMBER"):
        env.number("SOME_NUMBER", 5)


def test_a_secret_is_made_once_and_kept_from_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "VAR_DIR", tmp_path)
    monkeypatch.delenv("SOME_KEY", raising=False)
    first = env.secret("SOME_KEY")
    assert env.secret("SOME_KEY") == first
    assert len(first) >= 32
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_a_given_secret_is_not_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "VAR_DIR", tmp_path)
    monkeypatch.setenv("SOME_KEY", "given")
    assert env.secret("SOME_KEY") == "given"
    assert not (tmp_path / "secrets.json").exists()


def test_a_broken_secrets_file_is_refused_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(env, "VAR_DIR", tmp_path)
    (tmp_path / "secrets.json").write_text("{half")
    with pytest.raises(env.BadSetting, match=r"secrets\.json"):
        env.secret("SOME_KEY")
    assert (tmp_path / "secrets.json").read_text() == "{half"


def _read_secret(folder: str, name: str) -> str:
    env.VAR_DIR = Path(folder)
    return env.secret(name)


def test_processes_that_start_together_share_one_secret(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        values = pool.starmap(_read_secret, [(str(tmp_path), f"KEY_{index % 2}") for index in range(12)])
    assert len(set(values)) == 2
    assert set(json.loads((tmp_path / "secrets.json").read_text()).values()) == set(values)

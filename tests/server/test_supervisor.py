"""The supervisor with small children, and the whole `up` in a folder of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.embedded import account, process
from server.supervisor import AlreadyRunning, Child, Supervisor

CHECKOUT = Path(__file__).resolve().parents[2]
SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    boss = Supervisor(var=tmp_path, say=said.append)
    boss.take_charge()
    yield boss
    boss.stop_all(())


def sleeper(name: str, folder: Path) -> Child:
    return Child(name, lambda: process.start(SLEEPER, log=folder / f"{name}.log", last_signal=signal.SIGTERM))


def test_a_child_that_dies_is_started_again(supervisor: Supervisor, tmp_path: Path, said: list[str]) -> None:
    child = sleeper("worker", tmp_path)
    supervisor.add(child)
    assert child.running is not None
    first = child.running.pid
    os.kill(first, signal.SIGKILL)
    assert supervisor.wait(until=lambda: child.running is not None and child.running.pid != first, seconds=10)
    assert any("worker ended (-9)" in line for line in said)


def test_the_pause_grows_with_every_death(supervisor: Supervisor, tmp_path: Path, said: list[str]) -> None:
    child = Child(
        "relay", lambda: process.start([sys.executable, "-c", "raise SystemExit(3)"], log=tmp_path / "log")
    )
    supervisor.add(child)
    assert supervisor.wait(until=lambda: child.deaths >= 2, seconds=10)
    assert [re.findall(r"again in (\d+) s", line) for line in said] == [["1"], ["2"]]


def test_a_child_that_cannot_be_started_does_not_stop_the_others(
    supervisor: Supervisor, tmp_path: Path, said: list[str]
) -> None:
    good, bad = sleeper("good", tmp_path), sleeper("bad", tmp_path)
    supervisor.add(good)
    supervisor.add(bad)
    assert bad.running is not None

    def refuse() -> subprocess.Popen[bytes]:
        raise OSError("no such program")

    bad.start = refuse
    bad.running.kill()
    supervisor.wait(until=lambda: any("did not start" in line for line in said), seconds=10)
    assert good.running is not None
    assert good.running.poll() is None


def test_children_stop_in_the_given_order(tmp_path: Path, said: list[str]) -> None:
    boss = Supervisor(var=tmp_path, say=said.append)
    boss.take_charge()
    ended = []

    class Noting(Child):
        def end(self) -> None:
            ended.append(self.name)
            super().end()

    for name in ("database", "broker", "worker", "standby", "relay", "web"):
        small = sleeper(name, tmp_path)
        boss.add(Noting(name, small.start))
    boss.stop_all(("worker", "standby", "web", "relay", "broker", "database"))
    assert ended == ["worker", "standby", "web", "relay", "broker", "database"]


def test_a_second_supervisor_is_told_about_the_first(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.url = "http://127.0.0.1:8000/"
    supervisor.add(sleeper("web", tmp_path))
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}, http://127.0.0.1:8000/"):
        Supervisor(var=tmp_path, say=print).take_charge()


def write_note(folder: Path, pid: int, birth: str) -> None:
    note = {"pid": 1, "url": "", "children": {"worker": pid}, "births": {"worker": birth}}
    (folder / "up.json").write_text(json.dumps(note))


def test_what_a_killed_supervisor_left_is_ended_first(tmp_path: Path, said: list[str]) -> None:
    left = process.start(SLEEPER, log=tmp_path / "log")
    write_note(tmp_path, left.pid, process.birth_of(left.pid))
    boss = Supervisor(var=tmp_path, say=said.append)
    boss.take_charge()
    assert left.wait(5) == -signal.SIGKILL
    assert "left over" in said[0]
    boss.stop_all(())


def test_a_later_process_with_a_recorded_id_is_left_alone(tmp_path: Path, said: list[str]) -> None:
    stranger = process.start(SLEEPER, log=tmp_path / "log")
    write_note(tmp_path, stranger.pid, "12345")
    boss = Supervisor(var=tmp_path, say=said.append)
    boss.take_charge()
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()
    boss.stop_all(())


def test_the_note_tells_children_by_their_birth(supervisor: Supervisor, tmp_path: Path) -> None:
    child = sleeper("web", tmp_path)
    supervisor.add(child)
    assert child.running is not None
    note = json.loads((tmp_path / "up.json").read_text())
    assert note["births"] == {"web": process.birth_of(child.running.pid)}
    assert note["births"]["web"]


# --- the whole of it --------------------------------------------------------------------------------------


class Up:
    """`manage.py up` as somebody types it, with data of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.log = folder / "said.txt"
        variables = {
            name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BROKER_URL")
        }
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-u", "manage.py", "up", *arguments],
                cwd=CHECKOUT,
                env={**variables, "VAR_DIR": str(folder), "NO_BOOTSTRAP": "1"},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def facts(self) -> dict[str, object]:
        return dict(json.loads((self.folder / "up.json").read_text()))

    def children(self) -> list[int]:
        recorded = self.facts()["children"]
        assert isinstance(recorded, dict)
        return [int(pid) for pid in recorded.values()]

    def wait_for(self, text: str, *, seconds: float = 60) -> None:
        found = process.wait_until(
            lambda: text in self.said or self.process.poll() is not None, seconds=seconds
        )
        assert found and text in self.said, self.said


@pytest.fixture
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    if account.is_nobody():
        pytest.skip("as user nobody the servers cannot enter the tests' folders")
    running = Up(tmp_path_factory.mktemp("up"), "--no-demo")
    try:
        running.wait_for("the shop answers at")
        yield running
    finally:
        if running.process.poll() is None:
            running.process.terminate()
            running.process.wait(20)


@pytest.mark.broker
def test_up_serves_says_so_to_a_second_one_and_stops_in_time(up: Up) -> None:
    with urllib.request.urlopen(f"{up.facts()['url']}readyz") as answer:
        assert answer.status == 200
    pids = up.children()
    assert len(pids) == 6

    second = Up(up.folder, "--no-demo")
    assert second.process.wait(30) == 1
    assert f"already running: process {up.process.pid}, {up.facts()['url']}" in second.said

    began = time.monotonic()
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(10) == 0
    assert time.monotonic() - began < 10
    assert not any(process.is_alive(pid) for pid in pids)


@pytest.mark.broker
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the next start ends what is left")
def test_nothing_runs_on_when_up_is_killed(up: Up) -> None:
    pids = up.children()
    up.process.kill()
    up.process.wait()
    assert process.wait_until(lambda: not any(process.is_alive(pid) for pid in pids), seconds=15)

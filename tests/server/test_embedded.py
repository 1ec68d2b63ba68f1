"""The embedded PostgreSQL and Valkey: real starts, deep folders, and nothing left behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from server.embedded import account, disposable, places, postgres, process, valkey

CHECKOUT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no embedded servers on Windows")


@pytest.fixture
def var(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A short folder for servers; pytest's own are too deep for sockets, which is another test."""
    folder = tmp_path_factory.mktemp("var")
    if account.is_nobody():
        pytest.skip("as user nobody the servers cannot enter the tests' folders")
    yield folder


def test_sockets_lie_in_var_when_the_path_is_short() -> None:
    assert places.run_folder(Path("/srv/shop/var")) == Path("/srv/shop/var/run")


def test_sockets_move_to_a_short_folder_when_the_path_is_too_long(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    folder = places.run_folder(deep)
    assert folder == places.run_folder(deep), "every process has to find the same one"
    assert len(os.fsencode(folder)) + places.LONGEST_SOCKET_NAME <= places.SOCKET_PATH_LIMIT


def test_the_limit_counts_bytes_not_letters() -> None:
    letters = Path("/srv") / ("ü" * 45)
    assert places.run_folder(letters).parent != letters


def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(places.NoPlace, match="not a folder"):
        places.make_folder(tmp_path / "run")


def test_a_link_in_the_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").symlink_to(tmp_path)
    with pytest.raises(places.NoPlace):
        places.make_folder(tmp_path / "run")


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    os.chown(folder, 4711, 4711)
    with pytest.raises(places.NoPlace, match="belongs to user 4711"):
        places.make_folder(folder)


def test_a_cluster_starts_below_a_folder_too_deep_for_sockets(var: Path) -> None:
    cluster = postgres.in_var(var / ("long" * 25))
    assert postgres.create(cluster)
    assert not postgres.create(cluster), "the second start makes nothing"
    server = postgres.start(cluster)
    try:
        assert postgres.make_database(cluster, "shop")
        assert not postgres.make_database(cluster, "shop")
        with psycopg.connect(cluster.url("shop")) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("on",), "real data survives a power cut"
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert postgres.leftover(cluster) is not None
    finally:
        postgres.stop(server)
    assert postgres.leftover(cluster) is None


def test_half_an_initdb_is_not_taken_for_a_database(var: Path) -> None:
    cluster = postgres.in_var(var)
    half = cluster.data.with_name("postgres.new")
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert postgres.create(cluster)
    assert (cluster.data / "base").is_dir()


def test_a_server_that_cannot_start_says_why(var: Path) -> None:
    cluster = postgres.in_var(var)
    cluster.data.mkdir(mode=0o700)
    with pytest.raises(postgres.NoDatabase, match=r"(?s)postgresql\.conf.*DATABASE_URL"):
        postgres.start(cluster)


KILLED = """
import sys, time
from pathlib import Path
from server.embedded import disposable
with disposable.cluster(Path(sys.argv[1])) as cluster:
    print(cluster.data, flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's help exists on Linux only")
def test_a_database_dies_with_the_process_that_started_it(var: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(var)], stdout=subprocess.PIPE, text=True, cwd=CHECKOUT
    )
    assert starter.stdout is not None
    data = Path(starter.stdout.readline().strip())
    pid = int((data / "postmaster.pid").read_text().splitlines()[0])
    assert process.is_alive(pid)
    starter.kill()
    starter.wait()
    assert process.wait_until(lambda: not process.is_alive(pid), seconds=10)
    with disposable.cluster(var):  # the next run sweeps up what the killed one left
        assert not data.exists()


@pytest.mark.broker
def test_the_broker_keeps_its_messages_over_a_restart(var: Path) -> None:
    server = valkey.start(var)
    try:
        assert _say(var, b"RPUSH default job-1") == b":1\r\n"
    finally:
        valkey.stop(server)
    assert not valkey.answers(valkey.socket_path(var))
    server = valkey.start(var)
    try:
        assert _say(var, b"LLEN default") == b":1\r\n"
    finally:
        valkey.stop(server)


def _say(var: Path, command: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(valkey.socket_path(var)))
        connection.sendall(command + b"\r\n")
        return connection.recv(100)


def test_a_process_that_ignores_the_request_to_stop_is_killed(tmp_path: Path) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('ready', flush=True); time.sleep(60)"
    )
    log = tmp_path / "log"
    child = process.start([sys.executable, "-c", code], log=log)
    assert process.wait_until(lambda: log.exists() and "ready" in log.read_text(), seconds=10)
    process.stop(child, signal_number=signal.SIGTERM, patience=0.3)
    assert child.returncode == -signal.SIGKILL

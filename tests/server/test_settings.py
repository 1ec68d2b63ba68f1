"""Settings are read in a process of their own: they are made once, at the start."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from kombu import Connection
from psycopg.conninfo import make_conninfo
from pytest_django import Settings

from server import broker

CHECKOUT = Path(__file__).resolve().parents[2]


def read(folder: Path, *names: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The named settings as JSON, in a process with only these variables set."""
    code = (
        "import json, sys; from django.conf import settings; "
        "print(json.dumps({name: getattr(settings, name, None) for name in sys.argv[1:]}, default=str))"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "server.settings",
        "VAR_DIR": str(folder),
    }
    return subprocess.run(
        [sys.executable, "-c", code, *names],
        cwd=CHECKOUT,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def value_of(folder: Path, name: str, **variables: str) -> object:
    done = read(folder, name, **variables)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)[name]


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    done = read(tmp_path, "ALLOWED_HOSTS", "SECRET_KEY", "LEDGER_KEY", "QUOTE_KEY")
    found = json.loads(done.stdout)
    assert found["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert len({found["SECRET_KEY"], found["LEDGER_KEY"], found["QUOTE_KEY"]}) == 3


def test_another_database_than_postgresql_is_refused(tmp_path: Path) -> None:
    done = read(tmp_path, "DATABASES", DATABASE_URL="sqlite:///shop.db")
    assert done.returncode != 0
    assert "DATABASE_URL must name a PostgreSQL" in done.stderr


def test_a_database_elsewhere_is_taken(tmp_path: Path) -> None:
    found = value_of(tmp_path, "DATABASES", DATABASE_URL="postgres://me:secret@db.example.org:5433/shop")
    assert isinstance(found, dict)
    assert (found["default"]["HOST"], found["default"]["PORT"]) == ("db.example.org", 5433)
    assert found["default"]["ATOMIC_REQUESTS"] is False
    assert "statement_timeout=30000" in found["default"]["OPTIONS"]["options"]


def test_options_in_the_database_url_are_kept(tmp_path: Path) -> None:
    found = value_of(tmp_path, "DATABASES", DATABASE_URL="postgres://me@db.example.org/shop?sslmode=require")
    assert isinstance(found, dict)
    assert found["default"]["OPTIONS"]["sslmode"] == "require"


@pytest.mark.parametrize(
    "name", ["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS"]
)
def test_without_debug_everything_wants_tls(name: str, tmp_path: Path) -> None:
    assert value_of(tmp_path, name, DEBUG="0")


def test_a_proxys_word_counts_only_where_said(tmp_path: Path) -> None:
    assert value_of(tmp_path, "SECURE_PROXY_SSL_HEADER", DEBUG="0") is None
    assert value_of(tmp_path, "SECURE_PROXY_SSL_HEADER", DEBUG="0", BEHIND_PROXY="1")


def test_a_word_that_is_no_answer_is_refused(tmp_path: Path) -> None:
    done = read(tmp_path, "DEBUG", DEBUG="perhaps")
    assert "DEBUG='perhaps' is neither yes nor no" in done.stderr


def test_the_broker_may_live_in_the_database(tmp_path: Path) -> None:
    options = value_of(
        tmp_path,
        "CELERY_BROKER_TRANSPORT_OPTIONS",
        BROKER_URL="pgmq://",
        DATABASE_URL="postgres://me@db.example.org/shop",
    )
    assert isinstance(options, dict)
    assert "host=db.example.org" in str(options["conn_string"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CELERY_TASK_ACKS_LATE", True),
        ("CELERY_TASK_REJECT_ON_WORKER_LOST", True),
        ("CELERY_TASK_IGNORE_RESULT", True),
        ("CELERY_TASK_PUBLISH_RETRY", False),
        ("CELERY_WORKER_PREFETCH_MULTIPLIER", 1),
        ("CELERY_ACCEPT_CONTENT", ["json"]),
    ],
)
def test_work_is_acknowledged_after_it_is_done_and_travels_as_json(name: str, value: object) -> None:
    assert getattr(settings, name) == value


@pytest.mark.broker
@pytest.mark.django_db(transaction=True)
def test_a_message_goes_through_the_database(settings: Settings) -> None:
    settings.BROKER_URL = "pgmq://"
    default = settings.DATABASES["default"]
    place = {"host": default["HOST"], "port": default["PORT"], "user": default["USER"]}
    dsn = make_conninfo(dbname=connection.settings_dict["NAME"], **place)
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {
        "conn_string": dsn,
        "init_extension": False,
        "wait_time_seconds": 1,
    }
    try:
        assert broker.prepare(), "PGMQ was not there before"
        assert not broker.prepare(), "the second time there is nothing to do"
        assert broker.problem() == ""
        options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
        with Connection("pgmq://", transport_options=options) as queue_server:
            queue = queue_server.SimpleQueue("planning")
            queue.put({"job": 4711}, serializer="json")
            message = queue.get(block=True, timeout=5)
            assert message.payload == {"job": 4711}
            message.ack()
            queue.close()
    finally:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA IF EXISTS pgmq CASCADE")

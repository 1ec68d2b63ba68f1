"""Shared by all tests: a database of their own, three standing people, one browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import pytest_django
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client, override_settings
from playwright.sync_api import Browser, sync_playwright

from server import env
from server.embedded import disposable

CHECKOUT = Path(__file__).resolve().parent.parent


def _shared_data() -> Path:
    """The folder ``shared/data`` near the checkout; absent on most machines, so tests that use it skip."""
    near = (CHECKOUT.parent / "shared" / "data", CHECKOUT.parent.parent / "shared" / "data")
    return next((folder for folder in near if folder.is_dir()), near[0])


SHARED_DATA = _shared_data()
# A busy machine is no failure: properties are about answers, benchmarks about time.
hypothesis.settings.register_profile(
    "shop", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("shop")
PASSWORD = "correct horse battery staple"
CHROMIUM_FLAGS = [
    "--no-sandbox",  # it refuses to run as root otherwise
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts brokers and workers comes first: side by side with others, it runs in one process then
    (each begins with neighbours), and nobody waits at the end for what itself waits more than it computes."""
    items.sort(key=lambda item: item.get_closest_marker("broker") is None)


# --- database ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, request: pytest.FixtureRequest
) -> Iterator[None]:
    """A throw-away PostgreSQL of this test run, unless DATABASE_URL names another server."""
    if not settings.EMBEDDED_DATABASE:
        yield
        return
    with disposable.cluster(env.VAR_DIR) as cluster:
        default = settings.DATABASES["default"]
        default["HOST"] = str(cluster.run)
        # A test is one transaction, and may compute for minutes inside it.
        default["OPTIONS"]["options"] += " -c idle_in_transaction_session_timeout=0"
        os.environ["DATABASE_URL"] = cluster.url("test_shop")  # for the processes that tests start
        yield
        del os.environ["DATABASE_URL"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> None:
    """The test database, where Django may empty the tables between transactional tests.

    The ledger refuses TRUNCATE by a trigger; only that one is off here, rows stay protected.
    """
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_keeps_table")


@pytest.fixture(scope="session", autouse=True)
def _short_searches() -> Iterator[None]:
    """Plans of tests are small: a few schedules are enough, here and in processes that tests start."""
    os.environ["PLANNING_TRIES"] = "60"
    with override_settings(PLANNING_TRIES=60):
        yield
    del os.environ["PLANNING_TRIES"]


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """Argon2 is slow on purpose; tests make hundreds of people."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


# --- people: alice owns, bob is staff, charlie is a stranger ----------------------------------------------


@pytest.fixture
def alice(db: None) -> User:
    """The owner of what a test is about: an ordinary shopper."""
    return User.objects.create_user("alice", "alice@example.org", PASSWORD)


@pytest.fixture
def bob(db: None) -> User:
    """Staff, in the group ``planner``."""
    user = User.objects.create_user("bob", "bob@example.org", PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get_or_create(name="planner")[0])
    return user


@pytest.fixture
def charlie(db: None) -> User:
    """Somebody with an account and no business here."""
    return User.objects.create_user("charlie", "charlie@example.org", PASSWORD)


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def alice_client(alice: User) -> Client:
    return _signed_in(alice)


@pytest.fixture
def bob_client(bob: User) -> Client:
    return _signed_in(bob)


@pytest.fixture
def charlie_client(charlie: User) -> Client:
    return _signed_in(charlie)


# --- browser ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run. Missing: skipped with the reason, but a failure where CI=true."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    if not Path(program).exists():
        reason = f"no Chromium at {program}: install it (Debian: apt install chromium) or set CHROMIUM"
        if env.flag("CI", False):
            pytest.fail(reason)
        pytest.skip(reason)
    # Playwright keeps an event loop in this thread; Django would refuse the ORM beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()

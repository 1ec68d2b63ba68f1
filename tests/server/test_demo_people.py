"""The people of the demo: made once, kept, and never mistaken for real ones."""

import stat
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from server.demo import people

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on_this_machine(settings: Settings) -> None:
    settings.DEBUG = True


def test_each_demo_person_can_sign_in_with_what_the_file_says(tmp_path: Path, client: Client) -> None:
    file = tmp_path / "demo-logins.txt"
    people.ensure(file=file)
    lines = [line.split() for line in file.read_text().splitlines() if not line.startswith("#")]
    assert [line[0] for line in lines] == ["ada", "bob", "finn", "iris", "admin"]
    for name, password, *_ in lines:
        assert client.login(username=name, password=password), name


def test_a_second_start_keeps_the_passwords(tmp_path: Path) -> None:
    file = tmp_path / "demo-logins.txt"
    assert people.ensure(file=file) == people.ensure(file=file)


def test_a_lost_file_means_new_passwords(tmp_path: Path, client: Client) -> None:
    (old, *_) = people.ensure(file=tmp_path / "lost.txt")
    (new, *_) = people.ensure(file=tmp_path / "found.txt")
    assert not client.login(username="ada", password=old.password)
    assert client.login(username="ada", password=new.password)


def test_nobody_else_can_read_the_file(tmp_path: Path) -> None:
    file = tmp_path / "demo-logins.txt"
    people.ensure(file=file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_planner_is_staff_and_no_superuser(tmp_path: Path) -> None:
    people.ensure(file=tmp_path / "demo-logins.txt")
    bob = User.objects.get(username="bob")
    assert bob.is_staff
    assert not bob.is_superuser
    assert [group.name for group in bob.groups.all()] == ["planner"]


def test_a_real_person_of_the_same_name_is_left_alone(tmp_path: Path, client: Client) -> None:
    User.objects.create_user("bob", "bob@example.org", "bob's own password")
    people.ensure(file=tmp_path / "demo-logins.txt")
    assert client.login(username="bob", password="bob's own password")
    assert not User.objects.get(username="bob").is_staff


def test_a_shop_with_accounts_but_no_demo_people_is_somebody_elses(alice: User, tmp_path: Path) -> None:
    assert people.is_somebody_elses_shop()
    people.ensure(file=tmp_path / "demo-logins.txt")
    assert not people.is_somebody_elses_shop()

"""The house's contracts on imports (`.importlinter`), and engines that stand without Django."""

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
APPS = ("ledger", "configurator", "orders", "production")

NOT_IN_ENGINES = ("django", "rest_framework", "celery", "kombu", "psycopg", "server")

BLOCKED = """
import importlib, importlib.abc, sys

blocked, names = (set(argument.split(",")) for argument in sys.argv[1:])

class Block(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"{name} is blocked here")
        return None

sys.meta_path.insert(0, Block())
if "django" not in blocked:
    import django
    django.setup()
for name in sorted(names):
    importlib.import_module(name)
"""


def import_with_blocked(names: Iterable[str], blocked: Iterable[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BLOCKED, ",".join(blocked), ",".join(names)],
        cwd=CHECKOUT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "server.settings"},
        capture_output=True,
        text=True,
        check=False,
    )


def modules_below(folder: Path) -> list[str]:
    files = [file.relative_to(CHECKOUT).with_suffix("") for file in sorted(folder.rglob("*.py"))]
    return [
        ".".join(file.parts).removesuffix(".__init__") for file in files if "migrations" not in file.parts
    ]


def locked(name: str) -> set[str]:
    lines = (CHECKOUT / name).read_text(encoding="utf-8").splitlines()
    return {line.partition("==")[0].strip().lower() for line in lines if "==" in line and line[0].isalnum()}


def test_every_import_keeps_to_the_contracts() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("app", APPS)
def test_an_engine_can_be_imported_with_django_blocked(app: str) -> None:
    done = import_with_blocked(modules_below(CHECKOUT / app / "engine"), NOT_IN_ENGINES)
    assert done.returncode == 0, done.stderr


def test_the_block_really_blocks() -> None:
    done = import_with_blocked(["configurator.models"], NOT_IN_ENGINES)
    assert "blocked here" in done.stderr


def test_the_shop_needs_nothing_that_only_the_tests_install() -> None:
    only_tests = locked("requirements-dev.txt") - locked("requirements.txt")
    assert "pytest" in only_tests
    blocked = [
        module
        for module, distributions in importlib.metadata.packages_distributions().items()
        if {each.lower().replace("_", "-") for each in distributions} <= only_tests
    ]
    assert "django_stubs_ext" in blocked
    ours = [name for package in (*APPS, "server") for name in modules_below(CHECKOUT / package)]
    done = import_with_blocked(ours, blocked)
    assert done.returncode == 0, done.stderr

"""The house's contracts on imports (`.importlinter`), and engines that stand without Django."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
APPS = ("ledger", "configurator", "orders", "production")

BLOCKED = """
import importlib, importlib.abc, sys

class Block(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"django", "rest_framework", "celery", "kombu", "psycopg", "server"}:
            raise ModuleNotFoundError(f"{name} is blocked in engines")
        return None

sys.meta_path.insert(0, Block())
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


def test_every_import_keeps_to_the_contracts() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("app", APPS)
def test_an_engine_can_be_imported_with_django_blocked(app: str) -> None:
    files = sorted((CHECKOUT / app / "engine").rglob("*.py"))
    names = [".".join(file.relative_to(CHECKOUT).with_suffix("").parts) for file in files]
    modules = [name.removesuffix(".__init__") for name in names]
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, *modules], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_block_really_blocks() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, "configurator.models"], cwd=CHECKOUT, capture_output=True, check=False
    )
    assert b"blocked in engines" in done.stderr

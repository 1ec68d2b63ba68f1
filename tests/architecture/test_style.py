"""Ruff finds nothing, and mypy in strict mode neither."""

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def test_ruff_finds_nothing() -> None:
    program = Path(sys.executable).with_name("ruff")
    done = subprocess.run([program, "check", "."], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_type_holds() -> None:
    # Not incremental: the Django plugin says other things about some managers from its cache.
    packages = ["server", "ledger", "configurator", "orders", "production"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-incremental", *packages],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

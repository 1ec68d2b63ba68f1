"""From bare Python 3.11 and pip to a complete ``.venv``: standard library only.

``manage.py`` calls :func:`ensure` for ``up`` and ``test``. It makes ``.venv``
without ensurepip (Debian splits it off), puts a hash-locked ``uv`` in with the
outer pip (``pip --python`` is allowed where the system environment is not),
installs the hash-locked requirements, and starts the command again inside.

NO_BOOTSTRAP=1   leave everything as it is (deployments bring their own environment)
SETUP_TOOL=pip   install with pip instead of uv (slower; obeys pip's own settings)
"""

from __future__ import annotations  # so that an old Python gets as far as being told that it is old

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / ".installed.json"
OLDEST = (3, 11)
LOCKS = {"runtime": "requirements.txt", "dev": "requirements-dev.txt"}


class CannotSetUp(SystemExit):
    """The set-up stopped; the message says why and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(f"\nset-up: {message}")


def ensure(*, dev: bool) -> None:
    """Make this process run inside a complete ``.venv``: returns only there, or never."""
    # Some machines set it; without .pyc files every start costs seconds.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    if os.environ.get("NO_BOOTSTRAP") == "1":
        return
    if sys.version_info < OLDEST:
        raise CannotSetUp(
            f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, this is {sys.version.split()[0]}. "
            "Start the command with a newer one, for example `python3.12 manage.py up`."
        )
    want = "dev" if dev else "runtime"
    if not _is_installed(want):
        _install(want)
    if not inside():
        enter()


def enter_if_there() -> None:
    """For every other command: use ``.venv`` when it has been made, otherwise go on as we are."""
    if os.environ.get("NO_BOOTSTRAP") != "1" and python().exists() and not inside():
        enter()


def inside() -> bool:
    """Whether this process runs on the environment's own Python."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def enter() -> None:
    """Start the same command again with the environment's Python."""
    command = [str(python()), *sys.argv]
    if os.name == "nt":  # exec there returns to the shell at once
        raise SystemExit(subprocess.call(command))
    os.execv(command[0], command)  # noqa: S606


def python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def fingerprint(want: str) -> str:
    """What the environment was made from: the locks and this Python."""
    digest = hashlib.sha256(sys.version.encode())
    for name in ("requirements-setup.txt", LOCKS[want]):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _is_installed(want: str) -> bool:
    return python().exists() and _stamps().get(want) == fingerprint(want)


def _stamps() -> dict[str, str]:
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _install(want: str) -> None:
    began = time.monotonic()
    STAMP.unlink(missing_ok=True)
    _make_environment()
    _say(f"installing {LOCKS[want]} (once; into {VENV})")
    if os.environ.get("SETUP_TOOL", "uv") == "pip" or not _install_with_uv(want):
        _pip("install", *_quiet(), "--require-hashes", "-r", str(ROOT / LOCKS[want]))
    done = {"runtime": fingerprint("runtime")}
    if want == "dev":  # holds everything of the runtime lock too
        done["dev"] = fingerprint("dev")
    STAMP.write_text(json.dumps(done), encoding="utf-8")
    _say(f"ready after {time.monotonic() - began:.0f} s")


def _make_environment() -> None:
    if python().exists() and _same_python():
        return
    if inside():
        raise CannotSetUp(f"{VENV} is broken and in use: leave it (`deactivate`), then start again.")
    _say(f"making {VENV}")
    try:
        venv.create(VENV, with_pip=False, clear=VENV.exists(), symlinks=os.name != "nt")
    except OSError as error:
        raise CannotSetUp(
            f"{VENV} cannot be made: {error}. Is the folder writable and the disk not full?"
        ) from None


def _same_python() -> bool:
    """The environment still belongs to this version of Python (its own interpreter answers)."""
    code = "import sys; print(sys.version)"
    asked = subprocess.run([str(python()), "-c", code], capture_output=True, text=True, check=False)
    return asked.stdout.strip() == sys.version.strip()


def _install_with_uv(want: str) -> bool:
    """Install with uv; False when it failed: pip gets its turn (uv does not read pip.conf)."""
    uv = python().with_name("uv.exe" if os.name == "nt" else "uv")
    if not uv.exists():
        _pip("install", "-qq", "--require-hashes", "-r", str(ROOT / "requirements-setup.txt"))  # errors only
    command = [str(uv), "pip", "install", *_quiet(), "--python", str(python()), "--require-hashes"]
    done = subprocess.run([*command, "-r", str(ROOT / LOCKS[want])], cwd=ROOT, check=False)
    if done.returncode != 0:
        _say("uv could not install everything; trying with pip (slower)")
    return done.returncode == 0


def _pip(*arguments: str) -> None:
    command = _find_pip()
    done = subprocess.run([*command, "--python", str(python()), *arguments], cwd=ROOT, check=False)
    if done.returncode != 0:
        raise CannotSetUp(
            "pip could not install the packages (its message is above). Usual causes: no network (then set "
            "HTTPS_PROXY or PIP_INDEX_URL to what your network offers and start again), a full disk, "
            "or a platform without ready-made wheels."
        )


def _find_pip() -> list[str]:
    """A pip of 22.3 or newer (it knows ``--python``), from outside the environment."""
    outer = getattr(sys, "_base_executable", sys.executable) or sys.executable
    candidates = [[outer, "-m", "pip"], [sys.executable, "-m", "pip"]]
    found = shutil.which("pip3")
    if found:
        candidates.append([found])
    for command in candidates:
        asked = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False)
        words = asked.stdout.split()
        if asked.returncode != 0 or len(words) < 2:
            continue
        version = tuple(int(part) for part in words[1].split(".")[:2] if part.isdigit())
        if version >= (22, 3):
            return command
    raise CannotSetUp(
        "no pip 22.3 or newer was found. On Debian or Ubuntu: `apt install python3-pip`; on Fedora: "
        "`dnf install python3-pip`; elsewhere: `python3 -m ensurepip`. Then start again."
    )


def _quiet() -> list[str]:
    """A progress bar for people, no list of a hundred lines for logs."""
    return [] if sys.stderr.isatty() else ["-q"]


def _say(line: str) -> None:
    sys.stderr.write(f"[set-up] {line}\n")
    sys.stderr.flush()

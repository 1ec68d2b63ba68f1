"""Reading the environment: every setting has a default, a bad value is refused with the way to mend it."""

import json
import os
import secrets
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: one process sets up at a time there
    fcntl = None  # type: ignore[assignment]

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("VAR_DIR") or BASE_DIR / "var")

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"", "0", "false", "no", "off"})


class BadSetting(Exception):
    """An environment variable holds something that cannot be meant."""


def text(name: str, default: str = "") -> str:
    """The variable as text; an empty variable counts as not set."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool) -> bool:
    """The variable as yes or no."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    word = raw.strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise BadSetting(f"{name}={raw!r} is neither yes nor no: write 1 or 0.")


def number(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    """The variable as a whole number not below ``least``, nor above ``most``."""
    raw = text(name)
    if not raw:
        return default
    try:
        value = int(raw)
    except ValueError:
        raise BadSetting(f"{name}={raw!r} is not a whole number.") from None
    if value < least:
        raise BadSetting(f"{name}={raw!r} is too small: {least} or more.")
    if most is not None and value > most:
        raise BadSetting(f"{name}={raw!r} is too large: {most} or less.")
    return value


def words(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """The variable as a comma-separated list."""
    raw = text(name)
    return [word.strip() for word in raw.split(",") if word.strip()] if raw else list(default)


def secret(name: str) -> str:
    """The variable, or a value made once and kept in ``var/secrets.json`` (mode 0600).

    The file is created exclusively and replaced whole, so that two processes
    starting together end up with the same values.
    """
    given = text(name)
    if given:
        return given
    path = VAR_DIR / "secrets.json"
    known = _read_secrets(path)
    if name not in known:
        known = _add_secret(path, name)
    return known[name]


def _read_secrets(path: Path) -> dict[str, str]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BadSetting(
            f"{path} cannot be read ({error}): mend it, or remove it to make new secrets."
        ) from None
    return {str(key): str(value) for key, value in content.items()}


def _add_secret(path: Path, name: str) -> dict[str, str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.with_suffix(".lock")
    with lock.open("w") as handle:
        lock_file(handle.fileno())
        known = _read_secrets(path)  # another process may have been first
        if name not in known:
            known[name] = secrets.token_urlsafe(48)
            fresh = path.with_suffix(".new")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(known, file, indent=2)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
    return known


def try_lock_file(descriptor: int) -> bool:
    """Hold the lock on an open file until it is closed; False when another process holds it."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_file(descriptor: int) -> None:
    """Wait for, then hold, the lock on an open file until it is closed."""
    if fcntl is not None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)

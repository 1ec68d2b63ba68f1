"""frePPLe's planning core: its source at one commit, compiled by the system's compiler, and how it is asked.

Only the C++ of `src` and `include` is used (MIT licence): no web application and no database. It needs a
compiler that knows C++23, and the headers of Xerces-C, of libpq and of this Python. The source comes by git;
`FREPPLE_SOURCE` names a folder that has it already. What was built is kept in `VAR_DIR/bench/`.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from server import env

try:
    import resource
except ImportError:  # where there is no such thing the core is not built either
    resource = None  # type: ignore[assignment]

COMMIT = "f7cce227384a0a74abc99182c5ebbed38de299a4"  # 9.18, of 2026-08-07
REPOSITORY = "https://github.com/frePPLe/frepple"
SETTINGS = """
#define PACKAGE_VERSION "9.18.0"
#define PACKAGE_BRANCH "community"
#define HAVE_SYS_PRCTL_H 1
#define HAVE_LOCALTIME_R 1
#define HAVE_PRCTL 1
#define HAVE_UNISTD_H 1
#define DATADIRECTORY "."
#define LIBDIRECTORY "."
#define SYSCONFDIRECTORY "."
"""
# Forecasts are compiled because the core registers them; nothing of them is used here.
UNUSED = "forecast"
FETCH_SECONDS, COMPILE_SECONDS = 300, 1_800


class NoCore(Exception):
    """The core could not be had; the message says what stopped it."""


class Failed(Exception):
    """The core ended without an answer; the message is its last words."""


@dataclass(frozen=True)
class Answer:
    """What a script printed, and the CPU seconds of the core."""

    said: str
    cpu: float


def built() -> Path:
    """The program, made unless it is there. Raises `NoCore`."""
    made_from = hashlib.sha256((sys.version + COMMIT + SETTINGS).encode()).hexdigest()[:12]
    folder = env.VAR_DIR / "bench" / f"frepple-{made_from}"
    program = folder / "frepple"
    if not program.exists():
        compiler = shutil.which("g++") or shutil.which("clang++")
        if compiler is None or resource is None:
            raise NoCore("there is no C++ compiler here")
        folder.mkdir(parents=True, exist_ok=True)
        sys.stderr.write(f"building the core of frePPLe in {folder} (once, some minutes)\n")
        source = _source(folder)
        (folder / "config.h").write_text(SETTINGS, encoding="utf-8")
        _compile(compiler, source, folder, program)
    return program


def _source(folder: Path) -> Path:
    """The folder with `src` and `include`."""
    given = os.environ.get("FREPPLE_SOURCE")
    source = Path(given) if given else folder / "source"
    if (source / "src" / "main.cpp").exists():
        return source
    source.mkdir(exist_ok=True)
    for arguments in (
        ("init", "-q"),
        ("remote", "add", "origin", REPOSITORY),
        ("fetch", "-q", "--depth", "1", "--filter=blob:none", "origin", COMMIT),
        ("checkout", "-q", COMMIT, "--", "src", "include"),
    ):
        _done(["git", *arguments], folder=source, seconds=FETCH_SECONDS)
    return source


def _compile(compiler: str, source: Path, folder: Path, program: Path) -> None:
    config = shutil.which("pg_config")
    postgres = _done([config, "--includedir"], folder=folder).strip() if config else "/usr/include/postgresql"
    headers = [folder, source / "include", Path(postgres), Path(sysconfig.get_path("include"))]
    common = [compiler, "-std=c++23", "-fPIC", "-w", "-DNDEBUG", *(f"-I{each}" for each in headers)]
    files = sorted((source / "src").rglob("*.cpp"), key=lambda each: -each.stat().st_size)

    def one(file: Path) -> str:
        made = folder / ("-".join(file.relative_to(source).with_suffix(".o").parts))
        if not made.exists():
            part = made.with_suffix(".part")
            speed = "-O0" if UNUSED in file.parts else "-O1"
            _done([*common, speed, "-c", str(file), "-o", str(part)], folder=folder, seconds=COMPILE_SECONDS)
            part.rename(made)
        return str(made)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        made = list(pool.map(one, files))
    library = sysconfig.get_config_var("LIBDIR")
    _done(
        [
            *(compiler, "-o", str(program.with_suffix(".part")), *made),
            *(f"-L{library}", f"-Wl,-rpath,{library}", f"-L{sysconfig.get_config_var('LIBPL')}"),
            f"-lpython{sysconfig.get_config_var('LDVERSION')}",
            *("-lxerces-c", "-lpq", "-lpthread", "-ldl", "-lm", "-lutil", "-rdynamic"),
        ],
        folder=folder,
        seconds=COMPILE_SECONDS,
    )
    program.with_suffix(".part").rename(program)


def ask(program: Path, model: Path, *, cpu: int) -> Answer:
    """What the core says of a model, in at most so many CPU seconds. Raises `Failed`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [str(program), str(model)],
        cwd=model.parent,
        env={**os.environ, "PYTHONHOME": sys.base_prefix, "FREPPLE_HOME": str(model.parent)},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 5)),
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise Failed(f"frePPLe ended with {done.returncode}: {(done.stderr or done.stdout)[-300:]}")
    return Answer(done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _done(command: list[str], *, folder: Path, seconds: float = 60.0) -> str:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=seconds,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoCore(f"{Path(command[0]).name}: {error}") from None
    if done.returncode:
        first = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr[-200:])
        raise NoCore(f"{Path(command[0]).name}: {first.strip()[:200]}")
    return done.stdout

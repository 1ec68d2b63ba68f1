"""The whole product running in an empty folder, and callers of its public API."""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]
STAMPED = re.compile(r"\[\s*([0-9.]+) s\] (.*)")
READY = re.compile(r"^\s*shop\s+(http://\S+)")
DONE = re.compile(r"^\s*API\s+http")


@dataclass
class Walk:
    """What ``up`` said, and what its processes took."""

    steps: list[tuple[float, str]] = field(default_factory=list)
    report: list[str] = field(default_factory=list)
    url: str = ""
    peak: int = 0  # bytes, whole tree
    peak_by_name: dict[str, int] = field(default_factory=dict)


def start(var: Path, *arguments: str) -> tuple[Walk, subprocess.Popen[str]]:
    """``manage.py up`` with these arguments in an empty data folder, until it has printed its doors."""
    environment = {
        **os.environ,
        "VAR_DIR": str(var),
        "API_RATE_CHANGE": "1000000/min",
        "API_RATE_READ": "1000000/min",
    }
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "up", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    walk, over = Walk(), threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, walk, over), daemon=True)
    watcher.start()
    assert process.stdout is not None
    for line in process.stdout:
        stamped = STAMPED.match(line)
        if stamped:
            walk.steps.append((float(stamped[1]), stamped[2]))
        else:
            walk.report.append(line.rstrip())
        found = READY.match(line)
        walk.url = found[1] if found else walk.url
        if DONE.match(line):
            break
    over.set()
    watcher.join()
    if not walk.url:
        process.wait(timeout=60)
        raise SystemExit("`manage.py up` ended before the shop was ready:\n" + "\n".join(walk.report[-20:]))
    threading.Thread(target=process.stdout.read, daemon=True).start()  # or it stops when the pipe is full
    return walk, process


def wait_until_idle(var: Path) -> None:
    """Until the workers have nothing to do that is due within minutes. Raises ``CalledProcessError``."""
    code = (
        "import time\n"
        "from datetime import timedelta\n"
        "from django.db.models import Q\n"
        "from ledger.models import Job, database_now\n"
        "soon = lambda: Q(run_after=None) | Q(run_after__lt=database_now() + timedelta(minutes=5))\n"
        "while Job.objects.unfinished().filter(soon()).exists(): time.sleep(0.5)"
    )
    command = [sys.executable, str(ROOT / "manage.py"), "shell", "--no-imports", "-c", code]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "VAR_DIR": str(var)}, check=True, timeout=600)


def _watch(pid: int, walk: Walk, over: threading.Event) -> None:
    """The largest memory of the tree, looked at four times a second."""
    while not over.wait(0.25):
        by_name: dict[str, int] = {}
        try:
            root = psutil.Process(pid)
            tree = [root, *root.children(recursive=True)]
        except psutil.Error:
            return
        for process in tree:
            try:
                by_name[_name(process)] = by_name.get(_name(process), 0) + _memory(process)
            except psutil.Error:
                continue
        total = sum(by_name.values())
        if total > walk.peak:
            walk.peak, walk.peak_by_name = total, by_name


def _name(process: psutil.Process) -> str:
    command = " ".join(process.cmdline())
    for word in ("postgres", "valkey", "celery", "relay", "gunicorn"):
        if word in command:
            return word
    return "up"


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().uss)
    except (psutil.AccessDenied, AttributeError):
        return int(process.memory_info().rss)


class Caller:
    """A guest with a session who uses the public API, as the shop's own page does."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self.token = ""

    def open_page(self, path: str) -> None:
        """A page's visit: from then on there is a session and its token."""
        self.ask("GET", path)
        self.token = next(cookie.value or "" for cookie in self.cookies if cookie.name == "csrftoken")

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """The status and what came as JSON, None where a refusal or a page came."""
        headers = {"Content-Type": "application/json", "Referer": self.url}
        if body is not None:
            headers["X-CSRFToken"] = self.token
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with self.opener.open(request, timeout=30) as answer:
                content = answer.read()
                is_json = answer.headers.get_content_type().endswith("json")
                return answer.status, json.loads(content) if is_json else None
        except urllib.error.HTTPError as refusal:
            refusal.read()
            return refusal.code, None

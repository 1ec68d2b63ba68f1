"""What a committed file may hold and may be called."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
NOT_OURS = {".git", ".venv", "var", "staticfiles", "__pycache__", "vendor", "node_modules"}
CACHES = {".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache"}
BINARY = {".png", ".jpg", ".jpeg", ".webp", ".ttf", ".otf", ".woff2", ".pdf", ".ico", ".pyc", ".gz", ".npz"}

# In pieces, so that this file does not find itself.
REGISTRY_HOSTS = (
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "yarnpkg" + ".com",
)
VAGUE_NAMES = {"services", "selectors", "utils", "util", "helpers", "managers", "misc"}
VAGUE_FOLDERS = {"common", "core", "shared", "lib"}

LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-setup.txt")


def files(pattern: str = "*") -> Iterator[Path]:
    for path in CHECKOUT.rglob(pattern):
        parts = set(path.relative_to(CHECKOUT).parts)
        if path.is_file() and not parts & NOT_OURS and not parts & CACHES:
            yield path


def test_no_file_names_a_package_registry() -> None:
    found = []
    for path in files():
        if path.suffix not in BINARY:
            text = path.read_text(encoding="utf-8", errors="replace").lower()
            found += [f"{path.relative_to(CHECKOUT)}: {host}" for host in REGISTRY_HOSTS if host in text]
    assert not found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_hash(lock: str) -> None:
    text = (CHECKOUT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert lines
    assert [line for line in lines if "--hash=sha256:" not in line or "==" not in line] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [path for path in files("*.py") if path.stem in VAGUE_NAMES] == []
    assert [
        path for path in files("*.py") if set(path.relative_to(CHECKOUT).parts[:-1]) & VAGUE_FOLDERS
    ] == []


def test_tests_need_no_package_files() -> None:
    assert list((CHECKOUT / "tests").rglob("__init__.py")) == []


INLINE = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)", re.IGNORECASE),
    "an inline style sheet": re.compile(r"<style\b", re.IGNORECASE),
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "an event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "something from another host": re.compile(
        r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"']https?:", re.IGNORECASE
    ),
}


@pytest.mark.parametrize("what", INLINE)
def test_templates_hold_nothing_the_browser_would_refuse(what: str) -> None:
    found = []
    for path in [*files("*.html"), *files("*.svg")]:
        if path.suffix == ".svg" and what.startswith(("an inline style", "a style")):
            continue  # drawings are images: their styles cannot touch the page
        text = re.sub(
            r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", path.read_text(encoding="utf-8"), flags=re.S
        )
        if INLINE[what].search(text):
            found.append(str(path.relative_to(CHECKOUT)))
    assert not found

"""What scripts each page makes a browser fetch: `python -m tools.script_weights` prints the table of
docs/architecture.md.

A page names its scripts in its template; what they import comes with them, what they import later
(`import(...)`) comes when it is first needed. Weights are bytes on the wire, each file compressed by itself
(gzip, level 9); what is fetched later counts without what is there by then.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "static" / "js"
TEMPLATES = ROOT / "templates"
ENTRY = re.compile(r"""<script[^>]*\{% static 'js/([\w/-]+\.js)' %\}""")
IMPORT = re.compile(r"""^(?:import|export)\b[^;]*?from\s*"(\.[^"]+)";""", re.MULTILINE)
LATER = re.compile(r"""\bimport\("(\.[^"]+)"\)""")

# When what is imported later is fetched, in the words of the table.
WHEN = {
    "finder.js": "the form is long",
    "layout/fonts.js": "a text field has the focus",
    "layout/line_breaking.js": "a text on it wraps",
    "artwork.js": "the surface is laid flat",
    "placing/editor.js": "something can be placed",
}


@dataclass(frozen=True, slots=True)
class Load:
    """Scripts that come together; `template` is the page, `when` what has to happen first (nothing: "")."""

    template: str
    script: str
    when: str
    files: frozenset[Path]

    @property
    def weight(self) -> int:
        return sum(len(gzip.compress(file.read_bytes(), 9)) for file in self.files)


def loads() -> tuple[Load, ...]:
    """Every page with scripts of its own: what it fetches at once, and what later on top of that."""
    found = []
    for template in sorted(TEMPLATES.rglob("*.html")):
        for entry in ENTRY.findall(template.read_text(encoding="utf-8")):
            name = str(template.relative_to(TEMPLATES))
            found += _loads(name, SCRIPTS / entry, "", frozenset())
    return tuple(found)


def _with_imports(scripts: Iterable[Path]) -> frozenset[Path]:
    known: set[Path] = set()
    waiting = list(scripts)
    while waiting:
        script = waiting.pop()
        if script not in known:
            known.add(script)
            waiting += _named(script, IMPORT)
    return frozenset(known)


def _loads(template: str, script: Path, when: str, there: frozenset[Path]) -> list[Load]:
    """What a script brings, and what it leads to later."""
    added = _with_imports([script]) - there
    found = [Load(template, script.relative_to(SCRIPTS).as_posix(), when, added)]
    later = dict.fromkeys(each for known in sorted(added) for each in _named(known, LATER))
    for each in later:
        found += _loads(template, each, WHEN[each.relative_to(SCRIPTS).as_posix()], there | added)
    return found


def _named(script: Path, how: re.Pattern[str]) -> list[Path]:
    return [(script.parent / name).resolve() for name in how.findall(script.read_text(encoding="utf-8"))]


def table() -> str:
    rows = ["| page | script, with its imports | fetched when | kB |", "|---|---|---|---|"]
    rows += [
        f"| `{load.template}` | `{load.script}` | {load.when or 'at once'} | {load.weight / 1000:.1f} |"
        for load in loads()
    ]
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())

"""A model and the models it imports in one text, so that what is published is whole.

Each imported model follows after a line `// === model folder.name ===`, which is a comment to other readers.
"""

import re
from collections.abc import Callable, Mapping

from configurator.engine.uvl.parsing import Refusal, parse_model

_MARK = re.compile(r"^// === model (.+) ===[ \t]*$", re.MULTILINE)
MAX_MODELS = 200


def bundle(text: str, imports: Mapping[str, str]) -> str:
    """One text with everything in it; `unbundle` undoes it."""
    parts = [text.rstrip("\n") + "\n"]
    for name, content in imports.items():
        parts.append(f"\n// === model {name} ===\n{content.rstrip(chr(10))}\n")
    return "".join(parts)


def unbundle(text: str) -> tuple[str, dict[str, str]]:
    """The first model's text, and the texts of the others by name."""
    if "// === model " not in text:
        return text, {}
    first, *rest = _MARK.split(text)
    return first, {
        name.strip(): content.lstrip("\n") for name, content in zip(rest[::2], rest[1::2], strict=True)
    }


def gathered(text: str, find: Callable[[tuple[str, ...]], str | None]) -> dict[str, str]:
    """The texts of all models that a model imports, and that those import, as far as `find` knows them.

    `find` gets a name's parts (a path without its suffix). What cannot be read is left for the reader to
    tell.
    """
    texts: dict[str, str] = {}
    pending: list[tuple[tuple[str, ...], str]] = [((), unbundle(text)[0])]
    while pending and len(texts) < MAX_MODELS:
        folder, content = pending.pop()
        try:
            scope = parse_model(content)
        except Refusal:
            continue
        for one in scope.imports:
            for path in ((*folder, *one.path), one.path):
                name = ".".join(path)
                if name in texts:
                    break
                found = find(path)
                if found is not None:
                    texts[name] = found
                    pending.append((path[:-1], found))
                    break
    return texts

"""Static files under names that change with what is in them, so that browsers may keep them for ever.

A script module that imports another names it by that name too (`support_js_module_import_aggregation`): when
a module changes, so do the names of all that lead to it, up to the one in the page. A browser that comes back
runs either the old modules or the new ones, never some of each.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from whitenoise.storage import CompressedManifestStaticFilesStorage

OWN_SCRIPTS = "js/"

Converter = Callable[[re.Match[str]], str]


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """What a shop in service collects its static files into."""

    support_js_module_import_aggregation = True

    def url_converter(
        self, name: str, hashed_files: dict[str, str], template: str | None = None
    ) -> Converter:
        """Imports are those of the shop's own modules: in packed scripts of others, what stands between
        `import` and `from` need not be one, and `import("module")` is one of node's."""
        convert: Converter = super().url_converter(name, hashed_files, template)

        def of_own_modules(found: re.Match[str]) -> str:
            imports = re.match(r"import|export", found["matched"])
            return found["matched"] if imports and not name.startswith(OWN_SCRIPTS) else convert(found)

        return of_own_modules

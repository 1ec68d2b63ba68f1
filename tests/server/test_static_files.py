"""Static files of a shop in service: each under a name that changes with it, kept by browsers for ever."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.http import HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware

from tools import script_weights

STATIC = Path(__file__).resolve().parents[2] / "static"
MOST_AT_ONCE = 25_000  # bytes of script on the wire with a page
MOST_LATER = 24_000  # with one gesture
IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"']+)["']""")


@pytest.fixture
def shop(settings: Any, tmp_path: Path) -> Path:
    """A folder of the shop's own static files that a test may change."""
    shutil.copytree(STATIC, tmp_path / "static")
    settings.DEBUG = False
    settings.STATICFILES_DIRS = [tmp_path / "static"]
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "server.static_files.HashedStaticFiles"},
    }
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = False
    return tmp_path / "static"


def collected(settings: Any) -> dict[str, str]:
    """File -> the name under which it is served."""
    call_command("collectstatic", interactive=False, verbosity=0)
    manifest = (Path(settings.STATIC_ROOT) / "staticfiles.json").read_text(encoding="utf-8")
    paths: dict[str, str] = json.loads(manifest)["paths"]
    return paths


def imported(settings: Any, served: str) -> set[str]:
    """What a served module imports, as paths below the static root."""
    module = Path(settings.STATIC_ROOT) / served
    root = Path(settings.STATIC_ROOT).resolve()
    text = module.read_text(encoding="utf-8")
    return {str((module.parent / found).resolve().relative_to(root)) for found in IMPORT.findall(text)}


def test_every_module_imports_others_by_their_hashed_names(shop: Path, settings: Any) -> None:
    paths = collected(settings)
    modules = {name: served for name, served in paths.items() if re.match(r"js/.*\.js$", name)}
    assert len(modules) > 20
    hashed = set(paths.values())
    found = {name: imported(settings, served) for name, served in modules.items()}
    assert found["js/configurator.js"] and found["js/layout/text.js"]
    assert {name: names - hashed for name, names in found.items() if names - hashed} == {}


def test_a_changed_module_changes_the_names_of_all_that_lead_to_it(shop: Path, settings: Any) -> None:
    before = collected(settings)
    leaf = shop / "js" / "layout" / "geometry.js"
    leaf.write_text(leaf.read_text(encoding="utf-8") + "// changed\n", encoding="utf-8")
    after = collected(settings)
    changed = {name for name in before if before[name] != after[name]}
    assert {"js/layout/geometry.js", "js/layout/text.js", "js/layout/fonts.js"} <= changed
    assert {"js/artwork.js", "js/preview.js", "js/configurator.js"} <= changed  # imported when it is needed
    assert "js/copy-link.js" not in changed
    assert "css/base.css" not in changed


def test_only_names_with_a_hash_are_kept_for_ever(shop: Path, settings: Any) -> None:
    paths = collected(settings)
    served = WhiteNoiseMiddleware(lambda request: HttpResponse()).files
    prefix = settings.STATIC_URL

    def kept(name: str) -> str:
        return str(dict(served[f"{prefix}{name}"].get_response("GET", {}).headers)["Cache-Control"])

    scripts = {name: hashed for name, hashed in paths.items() if name.endswith((".js", ".css", ".wasm"))}
    for name, hashed in scripts.items():
        assert "immutable" in kept(hashed), name
        assert "immutable" not in kept(name), name


def test_no_page_fetches_more_script_than_it_needs() -> None:
    for load in script_weights.loads():
        assert load.weight < (MOST_LATER if load.when else MOST_AT_ONCE), load


def test_what_scripts_weigh_is_written_down() -> None:
    written = re.findall(
        r"^\| `(\S+\.html)` \| `(\S+)` \| (.+) \| ([\d.]+) \|$",
        (STATIC.parent / "docs" / "architecture.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    loads = script_weights.loads()
    assert [row[:3] for row in written] == [
        (load.template, load.script, load.when or "at once") for load in loads
    ], "python -m tools.script_weights"
    for (*_, kilobytes), load in zip(written, loads, strict=True):
        assert float(kilobytes) == pytest.approx(load.weight / 1000, abs=0.6), (
            "python -m tools.script_weights"
        )

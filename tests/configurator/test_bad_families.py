"""Families that nobody should write, at every door of the authors: refused in words, soon, nothing on sale.

Each text is tried as a file for `manage.py publish` and `manage.py rules check`, as the file of a new family,
and on the bench: typed, saved and published.
"""

from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from configurator import catalogue, drafts
from configurator.engine.family import FamilyError, read_family
from configurator.engine.knowledge import TooLarge, compile_family
from configurator.models import Draft, Family, Version
from ledger.models import Job
from tests.api.conftest import contents
from tests.shops import BADGE, NOW

MATERIAL = "{code: acrylic, name: Acrylic"
BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol0 "lol">'
    + "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">' for n in range(1, 10))
    + "]><{root}>&lol9;</{root}>"
)
SECRET = '<!DOCTYPE {root} [<!ENTITY x SYSTEM "file:///etc/passwd">]><{root}>&x;</{root}>'


@dataclass(frozen=True)
class Bad:
    """A text, the suffix of its file, and what is told of it."""

    text: str
    told: str
    suffix: str = "yaml"


def named(name: str) -> str:
    """The badge with another name of its first material, in double quotes."""
    assert "name: Acrylic" in BADGE
    return BADGE.replace("name: Acrylic", f'name: "{name}"', 1)


def variables(count: int, domain: str) -> str:
    """An XCSP instance of so many variables of one domain."""
    listed = "".join(f"<variable name='V{number}' domain='D'/>" for number in range(count))
    domains = f"<domains><domain name='D'>{domain}</domain></domains>"
    return f"<instance>{domains}<variables>{listed}</variables></instance>"


BAD = {
    # too much
    "20 MB": Bad(BADGE + "#" * 20_000_001, "larger than"),
    "a million values": Bad(
        BADGE.replace(MATERIAL, "".join(f"{{code: v{n}, name: V}}, " for n in range(10**6)) + MATERIAL, 1),
        "larger than 1 MB",
    ),
    "6,000 values": Bad(
        BADGE.replace(MATERIAL, "".join(f"{{code: v{n}, name: V}}, " for n in range(6_000)) + MATERIAL, 1),
        "may have 5000 entries at most",
    ),
    "a million values of XCSP": Bad(variables(10, "0..99999"), "more than 200,000 values together", "xml"),
    "a domain of five million": Bad(
        variables(1, " ".join(f"{n}00000..{n}99999" for n in range(1, 60))), "more than 100,000", "xml"
    ),
    "a million features": Bad(
        "features\n    A\n        optional\n" + "".join(f"            B{n}\n" for n in range(10**6)),
        "larger than 10 MB",
        "uvl",
    ),
    # too deep
    "100,000 levels": Bad("a: " + "[" * 100_000, "nested deeper than 16 levels"),
    "100,000 levels of keys": Bad("a: " + "{a: " * 100_000, "nested deeper than 16 levels"),
    "deep groups": Bad(
        "features\n" + "".join(f"{' ' * (n + 1)}{'or' if n % 2 else f'F{n}'}\n" for n in range(3_000)),
        "nested deeper than 100 levels",
        "uvl",
    ),
    "deep brackets": Bad(
        f"features\n    A\nconstraints\n    {'(' * 9_000}A{')' * 9_000}\n", "nested deeper", "uvl"
    ),
    # that grow
    "aliases": Bad("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n", "anchors are not allowed"),
    "entities of XCSP": Bad(BILLION_LAUGHS.replace("{root}", "instance"), "not allowed in the XML", "xml"),
    "entities of SXFM": Bad(
        BILLION_LAUGHS.replace("{root}", "feature_model"), "not allowed in the XML", "sxfm"
    ),
    "a file of the server's": Bad(SECRET.replace("{root}", "instance"), "not allowed in the XML", "xml"),
    # numbers
    "a hundred thousand digits": Bad(
        BADGE.replace("min: 60", f"min: {'9' * 100_000}"), "has to be a whole number"
    ),
    "not a number": Bad(BADGE.replace("min: 60", "min: .nan"), "has to be a whole number"),
    "infinity": Bad(BADGE.replace("min: 60", "min: .inf"), "has to be a whole number"),
    "1e400": Bad(BADGE.replace("min: 60", "min: 1e400"), "has to be a whole number"),
    "a truth for a number": Bad(BADGE.replace("min: 60", "min: true"), "has to be a whole number"),
    "digits of another script": Bad(
        BADGE.replace('"4.00"', '"\u0664.00"', 1), "is not written as it has to be"
    ),
    "5,000 digits in UVL": Bad(f"features\n    A {{b {'9' * 5_000}}}\n", "more than 40 digits", "uvl"),
    "a power as a number in UVL": Bad(
        "features\n    A\nconstraints\n    A & 1 < \u00b2\n", "cannot stand here", "uvl"
    ),
    # letters
    "NUL": Bad(named("Acr\x00ylic"), "U+0000"),
    "NUL as an escape": Bad(named("Acr\\0ylic"), "U+0000"),
    "NUL in a text of UVL": Bad("features\n    A {b 'x\x00'}\n", "U+0000", "uvl"),
    "an override of the direction": Bad(named("Acr\u202eylic"), "U+202E"),
    "an override as an escape": Bad(named("Acr\\u202eylic"), "U+202E"),
    "an override in a comment": Bad(BADGE + "# \u2066 nothing\n", "U+2066"),
    "a zero-width space": Bad(named("Acr\u200bylic"), "U+200B"),
    "a Cyrillic letter in a code": Bad(
        BADGE.replace("code: acrylic", "code: \u0430crylic"), "cyrillic small letter a"
    ),
    "two names that look alike": Bad(
        named("Steel").replace("name: Steel", "name: \u0405teel"), "looks like that of"
    ),
    "a code with a line end": Bad(BADGE.replace("code: acrylic", 'code: "acrylic\\n"'), "not written as"),
    "half a surrogate as an escape": Bad(named("Acr\\ud800ylic"), "invalid Unicode character escape"),
    # circles
    "models in a circle": Bad("imports\n    a\nfeatures\n    A\n", "import", "uvl"),
}
EACH = pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
# Seconds each: the commands read them by the same code.
SOON = {name: bad for name, bad in BAD.items() if name not in ("a million features", "6,000 values")}
FAMILY_FILES = {name: bad for name, bad in SOON.items() if bad.suffix == "yaml"}


@pytest.fixture
def author(db: None) -> Client:
    iris = User.objects.create_user("iris", "iris@example.org", "x", is_staff=True)
    iris.groups.add(Group.objects.get_or_create(name="author")[0])
    client = Client()
    client.force_login(iris)
    return client


def page_text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


@EACH
def test_the_commands_refuse_it(db: None, tmp_path: Path, bad: Bad) -> None:
    path = tmp_path / f"a.{bad.suffix}"
    path.write_text(bad.text, encoding="utf-8")
    before = contents("ledger", "configurator")
    for command in (["publish", str(path)], ["rules", "check", str(path)], ["rules", "explain", str(path)]):
        with pytest.raises(CommandError) as refusal:
            call_command(*command, stdout=StringIO())
        assert bad.told in str(refusal.value) or "larger than 20 MB" in str(refusal.value)
    assert contents("ledger", "configurator") == before


@pytest.mark.parametrize("bad", SOON.values(), ids=SOON.keys())
def test_a_new_family_of_it_is_told_what_is_wrong_and_never_on_sale(author: Client, bad: Bad) -> None:
    answer = author.post("/staff/products/new/", {"file": _file(bad), "code": "badge", "name": "Badge"})
    assert answer.status_code in (302, 422)
    draft = Draft.objects.first()
    if draft is None:
        assert any(word in page_text(answer) for word in ("U+0000", "larger than 20 MB"))
    else:
        answer = author.post(
            "/staff/products/badge/", {"do": "publish", "file": _file(bad), "revision": draft.revision}
        )
        assert answer.status_code == 422
        assert _said(bad, answer)
        assert Draft.objects.get().pk == "badge"
    assert not Family.objects.exists()
    assert not Job.objects.exists()


def _file(bad: Bad) -> SimpleUploadedFile:
    return SimpleUploadedFile(f"a.{bad.suffix}", bad.text.encode())


def _said(bad: Bad, answer: Any) -> bool:
    escaped = bad.told.replace("<", "&lt;").replace("'", "&#x27;")
    return escaped in page_text(answer)


@pytest.mark.parametrize("bad", FAMILY_FILES.values(), ids=FAMILY_FILES.keys())
def test_what_is_on_sale_stays_when_it_is_typed_on_the_bench(author: Client, bad: Bad) -> None:
    version = catalogue.publish(source=BADGE, filename="badge.yaml", actor="system:test", now=NOW)
    for address, do in (("", "publish"), ("", "check"), ("check/", "")):
        answer = author.post(
            f"/staff/products/badge/{address}", {"do": do, "source": bad.text, "revision": 1}
        )
        # Longer than any form: refused before it is looked at.
        assert answer.status_code in ((400, 413) if len(bad.text) > 2_000_000 else (200, 422))
        if len(bad.text) <= 2_000_000:
            assert _said(bad, answer) or "U+0000" in page_text(answer)
    assert list(Version.objects.values_list("pk", "content_hash")) == [(version.pk, version.content_hash)]


def test_a_file_that_is_too_long_is_not_even_kept_as_a_draft(author: Client) -> None:
    draft = drafts.create(code="badge", name="Badge", actor="user:iris", now=NOW)
    answer = author.post(
        "/staff/products/badge/", {"do": "save", "file": _file(BAD["20 MB"]), "revision": 1}, follow=True
    )
    assert "larger than 20 MB" in page_text(answer)
    assert Draft.objects.get().source == draft.source


def test_a_text_that_no_database_takes_is_not_kept(author: Client) -> None:
    draft = drafts.create(code="badge", name="Badge", actor="user:iris", now=NOW)
    answer = author.post(
        "/staff/products/badge/", {"do": "save", "source": BAD["NUL"].text, "revision": 1}, follow=True
    )
    assert answer.status_code == 422
    assert "U+0000 (line" in page_text(answer)
    assert Draft.objects.get().source == draft.source


def test_a_name_with_an_override_of_the_direction_begins_no_family(author: Client) -> None:
    answer = author.post("/staff/products/new/", {"code": "tray", "name": "Tr\u202eay"})
    assert answer.status_code == 422
    assert "U+202E" in page_text(answer)
    assert not Draft.objects.exists()


def test_an_escape_cannot_make_two_forms_of_one_name() -> None:
    spec = read_family(named("Acrylique\\u0301"))
    assert spec.options[0].values[0].name == "Acryliqu\u00e9"


def test_numbers_with_millions_of_steps_together_are_refused_before_they_are_compiled() -> None:
    wide = "".join(f"  - {{code: n{n}, name: N{n}, kind: integer, min: 0, max: 4999}}\n" for n in range(200))
    with pytest.raises(TooLarge, match="values together, 500,000 are possible"):
        compile_family(read_family(BADGE.replace("options:\n", f"options:\n{wide}", 1)))


def test_a_look_alike_is_told_with_the_line_of_the_other_name() -> None:
    with pytest.raises(FamilyError, match="in other letters"):
        read_family(BAD["two names that look alike"].text)

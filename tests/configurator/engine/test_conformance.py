"""PDF/X-4: the files made keep every requirement, and each that is taken away is told."""

import io
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest

from benchmarks.artwork.fault_cases import Case, cases
from configurator.engine.readback import compare
from configurator.engine.readback.conformance import departures

Change = Callable[[pikepdf.Pdf], None]


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Text, picture, cut and code for a press."""
    folder: Path = tmp_path_factory.mktemp("pictures")
    return next(case for case in cases(folder) if case.name == "press")


@pytest.fixture(scope="module")
def made(press: Case) -> bytes:
    return press.made()


def changed(data: bytes, change: Change) -> pikepdf.Pdf:
    document = pikepdf.open(io.BytesIO(data))
    change(document)
    return document


def packet(old: str, new: str) -> Change:
    """The XMP metadata with a piece of it replaced."""

    def change(document: pikepdf.Pdf) -> None:
        text = document.Root.Metadata.read_bytes().decode()
        assert old in text
        document.Root.Metadata.write(text.replace(old, new).encode())

    return change


def without(*path: str) -> Change:
    """An entry taken out; numbers are places in arrays."""

    def change(document: pikepdf.Pdf) -> None:
        at = document.trailer
        for step in path[:-1]:
            at = at[int(step)] if step.isdigit() else at[step]
        assert path[-1] in at
        del at[path[-1]]

    return change


def added(key: str, value: object) -> Change:
    def change(document: pikepdf.Pdf) -> None:
        document.Root[key] = document.make_indirect(value)

    return change


def page(key: str, value: object) -> Change:
    def change(document: pikepdf.Pdf) -> None:
        document.pages[0].obj[key] = value

    return change


INTENT = ("/Root", "/OutputIntents", "0")
FONT = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
SCRIPT = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="1")
FORM = pikepdf.Dictionary(Group=pikepdf.Dictionary(S=pikepdf.Name.Transparency))
BROKEN: dict[str, tuple[Change, str]] = {
    "version": (packet("PDF/X-4", "PDF/X-3"), "GTS_PDFXVersion"),
    "version key": (packet("GTS_PDFXVersion", "Other"), "GTS_PDFXVersion"),
    "metadata": (without("/Root", "/Metadata"), "no XMP"),
    "document id": (packet("xmpMM:DocumentID", "xmpMM:Other"), "DocumentID"),
    "version id": (packet("xmpMM:VersionID", "xmpMM:Other"), "VersionID"),
    "rendition": (packet("xmpMM:RenditionClass", "xmpMM:Other"), "RenditionClass"),
    "metadata date": (packet("xmp:MetadataDate", "xmp:Other"), "MetadataDate"),
    "title": (without("/Info", "/Title"), "Title is not in both"),
    "creation date": (without("/Info", "/CreationDate"), "CreationDate is not in both"),
    "change date": (packet("xmp:ModifyDate", "xmp:Other"), "ModDate is not in both"),
    "producer": (packet("<pdf:Producer>", "<pdf:Producer>X"), "Producer differs"),
    "creator": (packet("<xmp:CreatorTool>", "<xmp:CreatorTool>X"), "Creator differs"),
    "trapped": (without("/Info", "/Trapped"), "Trapped is neither"),
    "trapped in metadata": (packet("<pdf:Trapped>False", "<pdf:Trapped>True"), "Trapped differs"),
    "output intent": (without("/Root", "/OutputIntents"), "no output intent"),
    "kind of intent": (without(*INTENT, "/S"), "no output intent"),
    "condition": (without(*INTENT, "/OutputConditionIdentifier"), "OutputConditionIdentifier"),
    "condition in words": (without(*INTENT, "/Info"), "has no Info"),
    "profile": (without(*INTENT, "/DestOutputProfile"), "no ICC profile"),
    "trim box": (without("/Root", "/Pages", "/Kids", "0", "/TrimBox"), "TrimBox or an ArtBox"),
    "media box": (without("/Root", "/Pages", "/Kids", "0", "/MediaBox"), "no MediaBox"),
    "trim and art box": (page("/ArtBox", pikepdf.Array([1, 1, 2, 2])), "TrimBox or an ArtBox"),
    "trim outside": (page("/TrimBox", pikepdf.Array([-9, 0, 20, 20])), "TrimBox does not lie"),
    "bleed outside": (page("/BleedBox", pikepdf.Array([-9, -9, 9999, 9999])), "BleedBox does not lie"),
    "annotation": (page("/Annots", pikepdf.Array([pikepdf.Dictionary()])), "annotations"),
    "page action": (page("/AA", pikepdf.Dictionary()), "page has actions"),
    "font": (added("/Extra", FONT), "font"),
    "script": (added("/Extra", SCRIPT), "scripts"),
    "open action": (added("/OpenAction", SCRIPT), "OpenAction"),
    "form": (added("/AcroForm", pikepdf.Dictionary()), "AcroForm"),
    "group": (added("/Extra", FORM), "transparency group"),
    "transfer curve": (added("/Extra", pikepdf.Dictionary(TR=pikepdf.Name.Identity)), "transfer curve"),
    "OPI": (added("/Extra", pikepdf.Dictionary(OPI=pikepdf.Dictionary())), "OPI"),
    "alternates": (added("/Extra", pikepdf.Dictionary(Alternates=pikepdf.Array())), "alternate"),
    "PostScript": (added("/Extra", pikepdf.Dictionary(Subtype=pikepdf.Name.PS)), "PostScript"),
    "other inks": (
        added("/Extra", pikepdf.Dictionary(ColorSpace=pikepdf.Name.DeviceCMYK)),
        "colours in DeviceCMYK",
    ),
}


def test_a_file_that_is_made_keeps_every_requirement(made: bytes) -> None:
    assert departures(pikepdf.open(io.BytesIO(made))) == ()


@pytest.mark.parametrize("name", BROKEN)
def test_a_requirement_that_is_taken_away_is_told(made: bytes, name: str) -> None:
    change, told = BROKEN[name]
    found = departures(changed(made, change))
    assert any(told in each for each in found), found


def test_a_later_kind_of_pdf_and_a_lost_id_are_told(made: bytes) -> None:
    document = changed(made, lambda each: None)
    out = io.BytesIO()
    document.save(out, min_version="2.0")
    assert any("later than 1.6" in each for each in departures(pikepdf.open(io.BytesIO(out.getvalue()))))
    bare = made.replace(b"/ID [", b"/XX [")
    assert bare != made
    assert any("ID" in each for each in departures(pikepdf.open(io.BytesIO(bare))))


def test_the_gate_stops_a_file_that_is_no_pdfx(press: Case, made: bytes) -> None:
    bare = made.replace(b"GTS_PDFXVersion>PDF/X-4", b"GTS_PDFXVersion>PDF/X-9")
    assert bare != made
    found = compare(press.scene, bare, press.format, press.profile, press.assets)
    assert [each.code for each in found] == ["pdfx"]

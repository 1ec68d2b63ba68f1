"""Whether a PDF keeps what PDF/X-4 (ISO 15930-7) asks of files like ours: outlines, pictures and spot inks
on pages without forms, fonts or scripts. No free validator runs without Java; this is a list of requirements,
each read from the file by itself, and no certificate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pikepdf
from defusedxml import ElementTree

# Keys of the Info dictionary and properties of XMP that have to say the same; dates are compared as instants.
AGREEING = (
    ("Title", "{http://purl.org/dc/elements/1.1/}title"),
    ("Creator", "{http://ns.adobe.com/xap/1.0/}CreatorTool"),
    ("Producer", "{http://ns.adobe.com/pdf/1.3/}Producer"),
    ("Trapped", "{http://ns.adobe.com/pdf/1.3/}Trapped"),
    ("CreationDate", "{http://ns.adobe.com/xap/1.0/}CreateDate"),
    ("ModDate", "{http://ns.adobe.com/xap/1.0/}ModifyDate"),
)
VERSION = "{http://www.npes.org/pdfx/ns/id/}GTS_PDFXVersion"
NEEDED = (
    "{http://ns.adobe.com/xap/1.0/}MetadataDate",
    "{http://ns.adobe.com/xap/1.0/mm/}DocumentID",
    "{http://ns.adobe.com/xap/1.0/mm/}VersionID",
    "{http://ns.adobe.com/xap/1.0/mm/}RenditionClass",
)
CHANNELS = {b"GRAY": 1, b"RGB ": 3, b"CMYK": 4}
DEVICE = {"/DeviceGray": b"GRAY", "/DeviceRGB": b"RGB ", "/DeviceCMYK": b"CMYK"}
FORBIDDEN_IN_CATALOG = ("/OpenAction", "/AA", "/AcroForm")


def departures(document: pikepdf.Pdf) -> tuple[str, ...]:
    """What the file lacks or has too much, in words; empty when every requirement checked is kept."""
    found = [*_file(document), *_metadata(document), *_intents(document)]
    for page in document.pages:
        found += _page(page.obj)
    found += _objects(document, _press(document))
    return tuple(dict.fromkeys(found))


def _file(document: pikepdf.Pdf) -> Iterator[str]:
    major, minor = (int(part) for part in document.pdf_version.split("."))
    if (major, minor) > (1, 6):
        yield f"it is PDF {major}.{minor}, later than 1.6"
    if document.is_encrypted:
        yield "it is encrypted"
    identity = document.trailer.get("/ID")
    if identity is None or len(identity) != 2 or not all(bytes(part) for part in identity):
        yield "its trailer has no ID"
    for key in FORBIDDEN_IN_CATALOG:
        if key in document.Root:
            yield f"its catalog has {key[1:]}"
    if "/JavaScript" in document.Root.get("/Names", {}):
        yield "it has scripts"


def _metadata(document: pikepdf.Pdf) -> Iterator[str]:
    stream = document.Root.get("/Metadata")
    if not isinstance(stream, pikepdf.Stream):
        yield "it has no XMP metadata"
        return
    if "/Filter" in stream:
        yield "its XMP metadata is packed"
    known = _properties(stream.read_bytes())
    if known.get(VERSION) != "PDF/X-4":
        yield "its metadata does not say GTS_PDFXVersion PDF/X-4"
    for name in NEEDED:
        if not known.get(name):
            yield f"its metadata has no {name.rpartition('}')[2]}"
    info: Any = document.trailer.get("/Info", {})
    for key, name in AGREEING:
        told = " ".join(str(info.get(f"/{key}", "")).lstrip("/").split())
        meant = known.get(name, "")
        if not told or not meant:
            yield f"{key} is not in both the Info dictionary and the metadata"
        elif (_instant(told) != _instant(meant)) if key.endswith("Date") else (told != meant):
            yield f"{key} differs between the Info dictionary and the metadata"
    if str(info.get("/Trapped", "")) not in ("/True", "/False"):
        yield "Trapped is neither True nor False"


def _properties(packet: bytes) -> Mapping[str, str]:
    """The simple properties of an XMP packet; of an alternative its first text."""
    try:
        root = ElementTree.fromstring(packet)
    except ElementTree.ParseError:
        return {}
    return {
        each.tag: " ".join("".join(each.itertext()).split())
        for description in root.iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
        for each in description
    }


def _instant(told: str) -> str | None:
    """The digits of a date of either kind to the second, None when it is none."""
    digits = re.sub(r"\D", "", told.replace("D:", ""))[:14]
    return digits if len(digits) == 14 else None


def _intents(document: pikepdf.Pdf) -> Iterator[str]:
    intents: list[Any] = list(document.Root.get("/OutputIntents", []))
    ours = [each for each in intents if each.get("/S") == "/GTS_PDFX"]
    if len(ours) != 1:
        yield "it has no output intent GTS_PDFX" if not ours else "it has several output intents GTS_PDFX"
        return
    for key in ("/OutputConditionIdentifier", "/Info"):
        if not str(ours[0].get(key, "")):
            yield f"its output intent has no {key[1:]}"
    profile = ours[0].get("/DestOutputProfile")
    if not isinstance(profile, pikepdf.Stream):
        yield "its output intent has no ICC profile"
        return
    header = profile.read_bytes()[:40]
    if header[12:16] != b"prtr":
        yield "the profile of its output intent is not of a printer"
    if CHANNELS.get(header[16:20]) != profile.get("/N"):
        yield "the profile of its output intent has another number of inks than N"


def _press(document: pikepdf.Pdf) -> bytes:
    """The colour space of the output intent's profile, as ICC names it; empty when there is none."""
    for intent in document.Root.get("/OutputIntents", []):
        profile = intent.get("/DestOutputProfile")
        if isinstance(profile, pikepdf.Stream):
            return profile.read_bytes()[16:20]
    return b""


def _page(page: Any) -> Iterator[str]:
    boxes = {key: _box(page, key) for key in ("/MediaBox", "/BleedBox", "/TrimBox", "/ArtBox")}
    if boxes["/MediaBox"] is None:
        yield "a page has no MediaBox"
    if (boxes["/TrimBox"] is None) == (boxes["/ArtBox"] is None):
        yield "a page has not either a TrimBox or an ArtBox"
    if not _inside(boxes["/TrimBox"] or boxes["/ArtBox"], boxes["/BleedBox"] or boxes["/MediaBox"]):
        yield "a page's TrimBox does not lie in its BleedBox"
    if not _inside(boxes["/BleedBox"], boxes["/MediaBox"]):
        yield "a page's BleedBox does not lie in its MediaBox"
    if "/Annots" in page and len(page["/Annots"]):
        yield "a page has annotations"
    if "/AA" in page:
        yield "a page has actions"


def _box(page: Any, key: str) -> tuple[float, ...] | None:
    value = page.get(key)
    return None if value is None else tuple(float(side) for side in value)


def _inside(inner: tuple[float, ...] | None, outer: tuple[float, ...] | None) -> bool:
    """Whether it lies inside, or one of them is not there."""
    if inner is None or outer is None:
        return True
    return all(inner[at] >= outer[at] for at in (0, 1)) and all(inner[at] <= outer[at] for at in (2, 3))


def _objects(document: pikepdf.Pdf, press: bytes) -> Iterator[str]:
    for top in document.objects:
        for each in _dictionaries(top, 0):
            yield from _dictionary(each, press)


def _dictionaries(value: Any, depth: int) -> Iterator[Any]:
    """The dictionaries (of streams too) in an object, those that are named by reference left out."""
    if isinstance(value, pikepdf.Stream):
        value = value.stream_dict
    if isinstance(value, pikepdf.Dictionary):
        yield value
        children = list(value.values())
    elif isinstance(value, pikepdf.Array):
        children = list(value)
    else:
        return
    for child in children:
        if isinstance(child, pikepdf.Object) and not child.is_indirect and depth < 20:
            yield from _dictionaries(child, depth + 1)


def _dictionary(each: Any, press: bytes) -> Iterator[str]:
    kind = str(each.get("/Type", ""))
    if kind == "/Font":
        yield "it has a font: text has to be outlines"
    if each.get("/S") == "/JavaScript" or kind == "/Action":
        yield "it has scripts or actions"
    if each.get("/S") == "/Transparency" and "/CS" not in each:
        yield "a transparency group names no colour space"
    if each.get("/Subtype") == "/PS":
        yield "it has PostScript"
    for key, told in (("/Alternates", "alternate pictures"), ("/OPI", "OPI"), ("/TR", "a transfer curve")):
        if key in each:
            yield f"it has {told}"
    space = each.get("/ColorSpace")
    named = list(space.values()) if isinstance(space, pikepdf.Dictionary) else [space]
    for one in named:
        yield from _device(one, press)


def _device(space: Any, press: bytes) -> Iterator[str]:
    """A device's colours are only those of the output intent; sRGB and the like bring their profile."""
    if isinstance(space, pikepdf.Array) and len(space) > 2 and str(space[0]) in ("/Separation", "/DeviceN"):
        space = space[2]
    wanted = DEVICE.get(str(space)) if isinstance(space, pikepdf.Name) else None
    if wanted not in (None, b"GRAY", press):
        yield f"it has colours in {str(space)[1:]}, which the output intent does not describe"

"""Production PDF, built to PDF/X-4 (ISO 15930-7), and gang sheets that only place what was made before.

- Every page names its output intent: the operator's press profile, or else sRGB as an output device, made
  here from formulas. With a CMYK intent colours are ICC-based sRGB, black is the black plate; with an RGB
  intent they are DeviceRGB.
- Roles with a spot name (`CutContour`, `White`) are separations that overprint: they print on a plate of
  their own and take nothing away from the picture. White lies under the colours, and they keep it.
- Media box and bleed box are the same, the trim box lies inside. Text is outlines: no font is needed.
- Dates and identifiers come from the content, so the same scene is the same file.
"""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from configurator.engine.geometry import Box
from configurator.engine.layout.scene import AssetInfo, Scene
from configurator.engine.machines import Profile
from configurator.engine.rendering.icc import srgb_screen
from configurator.engine.rendering.pdf import points
from configurator.engine.rendering.pdf_writing import PdfWriter, Target, text
from configurator.engine.rendering.pdf_writing import name as pdf_name
from configurator.engine.rendering.placeable import (
    LEVEL,
    KeptArtwork,
    Pixmap,
    Placeable,
    intent_of,
    placeable,
)
from configurator.engine.rendering.refusals import CannotBeMade

__all__ = ["KeptArtwork", "Placeable", "PlacedArtwork", "gang_pdf", "page_pdf", "placeable", "production_pdf"]

MAKER = "order configurator"
MADE = "2000-01-01T00:00:00Z"  # files are named by content; when one was made is for the shop's own records
MADE_PDF = "D:20000101000000Z"
# How a separation is shown where its ink is missing: cut magenta, score cyan, white pale blue.
TINTS_CMYK: Mapping[str, tuple[float, ...]] = {
    "cut": (0, 1, 0, 0),
    "score": (1, 0, 0, 0),
    "white": (0.12, 0.02, 0, 0),
}
TINTS_RGB: Mapping[str, tuple[float, ...]] = {
    "cut": (0.93, 0, 0.55),
    "score": (0, 0.68, 0.94),
    "white": (0.87, 0.95, 1),
}


@dataclass(frozen=True, slots=True)
class PlacedArtwork:
    """An artwork on a sheet: the upper left corner of its trimmed area; `rotated`: turned clockwise by 90
    degrees. Where there are `windows` (on the sheet, y downwards), only what lies in them shows."""

    artwork: Placeable | KeptArtwork
    x_um: int
    y_um: int
    rotated: bool = False
    windows: tuple[Box, ...] = ()


def production_pdf(
    scene: Scene, profile: Profile, assets: Mapping[str, AssetInfo] | None = None, *, title: str = ""
) -> bytes:
    """The scene as one page, its bleed around it; mirrored where the machine wants it.

    Raises `CannotBeMade` for a cut or score that the machine has no spot colour for, `PictureMissing`.
    """
    return page_pdf(placeable(scene, profile, assets), profile, title=title or scene.surface)


def page_pdf(artwork: Placeable, profile: Profile, *, title: str) -> bytes:
    """An artwork as one page, its streams as they are. Raises `CannotBeMade` as `gang_pdf` does."""
    out = io.BytesIO()
    file = _File(out, profile)
    resources = file.resources(artwork)
    file.finish(
        file.writer.stream("", artwork.content),
        resources,
        size_um=(artwork.width_um + 2 * artwork.bleed_um, artwork.height_um + 2 * artwork.bleed_um),
        bleed_um=artwork.bleed_um,
        title=title,
        identity=artwork.sha256,
    )
    return out.getvalue()


def gang_pdf(
    target: Target,
    placed: Sequence[PlacedArtwork],
    profile: Profile,
    *,
    width_um: int,
    height_um: int,
    title: str,
    marks: Placeable | None = None,
) -> None:
    """Write a sheet of artworks, each stored once however often it is placed; `marks` is an artwork of the
    sheet's own size that is drawn over them (names, marks, barcodes, contours).

    Only one artwork at a time is in memory. Raises `CannotBeMade` when an artwork was made for another kind
    of output intent or other spot names.
    """
    file = _File(target, profile)
    forms: dict[str, _Form] = {}
    written: list[str] = []
    for each in (*placed, *([PlacedArtwork(marks, 0, 0)] if marks else [])):
        digest = each.artwork.sha256
        if digest not in forms:
            forms[digest] = file.form(each.artwork, f"/A{len(forms) + 1}")
        written.append(_placing(each, height_um, forms[digest]))
    content = "\n".join(written).encode("ascii")
    named = " ".join(f"{form.name} {form.number} 0 R" for form in forms.values())
    file.finish(
        file.writer.stream("", zlib.compress(content, LEVEL)),
        f"<< /XObject << {named} >> >>",
        size_um=(width_um, height_um),
        bleed_um=0,
        title=title,
        identity=hashlib.sha256(content + "".join(forms).encode("ascii")).hexdigest(),
    )


@dataclass(frozen=True, slots=True)
class _Form:
    """An artwork in the file: its name on the page, its object, its height with bleed and its bleed in µm."""

    name: str
    number: int
    height_um: int
    bleed_um: int


def _placing(placed: PlacedArtwork, height_um: int, form: _Form) -> str:
    """The form's origin is the lower left corner of its bleed; the page's y axis points up."""
    left, top = placed.x_um - form.bleed_um, height_um - placed.y_um + form.bleed_um
    shown = "".join(
        f"{points(box.left)} {points(height_um - box.bottom)} {points(box.width)} {points(box.height)} re "
        for box in placed.windows
    )
    clip = f"{shown}W n " if shown else ""
    if placed.rotated:
        return f"q {clip}0 -1 1 0 {points(left)} {points(top)} cm {form.name} Do Q"
    return f"q {clip}1 0 0 1 {points(left)} {points(top - form.height_um)} cm {form.name} Do Q"


class _File:
    """A document being written to PDF/X-4; what artworks share is stored once."""

    def __init__(self, target: Target, profile: Profile) -> None:
        self.writer = PdfWriter(target)
        self.profile = profile
        self.icc, self.inks, self.condition = intent_of(profile)
        self._shared: dict[str, int] = {}

    def resources(self, artwork: Placeable) -> str:
        """What the operators of an artwork name. Raises `CannotBeMade`."""
        if artwork.black_plate != (self.inks == 4):
            made_for = "CMYK" if artwork.black_plate else "RGB"
            raise CannotBeMade(
                f"An artwork was made for {made_for}, but this machine's output is {self.condition}: make the"
                f" artwork again with the profile {self.profile.code}."
            )
        other = [name for role, name in artwork.spots if self.profile.spots.get(role) != name]
        if other:
            raise CannotBeMade(
                f"An artwork was made with the spot colours {', '.join(other)}, which the profile"
                f" {self.profile.code} does not have: make it again."
            )
        spaces = [f"/{role} {self._separation(role, name)} 0 R" for role, name in artwork.spots]
        if artwork.black_plate:
            spaces.append(f"/sRGB {self._srgb()} 0 R")
        over = self._once("over", "<< /Type /ExtGState /OP true /op true /OPM 1 >>")
        keep = self._once("keep", "<< /Type /ExtGState /OP true /op true /OPM 0 >>")
        images = [f"/I{number} {self._image(each)} 0 R" for number, each in enumerate(artwork.pixmaps, 1)]
        return (
            f"<< /ColorSpace << {' '.join(spaces)} >> /ExtGState << /Over {over} 0 R /Keep {keep} 0 R >>"
            f" /XObject << {' '.join(images)} >> >>"
        )

    def form(self, kept: Placeable | KeptArtwork, name: str) -> _Form:
        artwork = kept if isinstance(kept, Placeable) else kept.load()
        width, height = (side + 2 * artwork.bleed_um for side in (artwork.width_um, artwork.height_um))
        number = self.writer.stream(
            f"/Type /XObject /Subtype /Form /BBox [0 0 {points(width)} {points(height)}]"
            f" /Resources {self.resources(artwork)}",
            artwork.content,
        )
        return _Form(name, number, height, artwork.bleed_um)

    def _once(self, key: str, body: str) -> int:
        if key not in self._shared:
            self._shared[key] = self.writer.add(body)
        return self._shared[key]

    def _image(self, pixmap: Pixmap) -> int:
        key = f"image {pixmap.key}"
        if key not in self._shared:
            mask = f" /SMask {self._image(pixmap.mask)} 0 R" if pixmap.mask else ""
            self._shared[key] = self.writer.stream(
                f"/Type /XObject /Subtype /Image /Width {pixmap.width} /Height {pixmap.height}"
                f" /BitsPerComponent 8 /ColorSpace {self._space(pixmap.space)}{mask} /DecodeParms <<"
                f" /Predictor 12 /Colors {pixmap.channels} /BitsPerComponent 8 /Columns {pixmap.width} >>",
                pixmap.data,
            )
        return self._shared[key]

    def _space(self, space: str) -> str:
        if space == "grey":
            return "/DeviceGray"
        if space == "rgb":
            return f"{self._srgb()} 0 R" if self.inks == 4 else "/DeviceRGB"
        return f"{self._separation(space, self.profile.spots[space])} 0 R"

    def _separation(self, role: str, spot: str) -> int:
        cmyk = self.inks == 4
        tint = " ".join(f"{value:g}" for value in (TINTS_CMYK if cmyk else TINTS_RGB)[role])
        none = "0 0 0 0" if cmyk else "1 1 1"
        function = f"<< /FunctionType 2 /Domain [0 1] /C0 [{none}] /C1 [{tint}] /N 1 >>"
        space = "/DeviceCMYK" if cmyk else "/DeviceRGB"
        return self._once(f"spot {role}", f"[/Separation {pdf_name(spot)} {space} {function}]")

    def _srgb(self) -> int:
        if "sRGB" not in self._shared:
            icc = self.writer.stream("/N 3 /Alternate /DeviceRGB", zlib.compress(srgb_screen(), LEVEL))
            self._shared["sRGB"] = self.writer.add(f"[/ICCBased {icc} 0 R]")
        return self._shared["sRGB"]

    def finish(
        self,
        contents: int,
        resources: str,
        *,
        size_um: tuple[int, int],
        bleed_um: int,
        title: str,
        identity: str,
    ) -> None:
        """The page, the output intent and the metadata. `size_um` is that of the media, bleed included."""
        writer, (width, height) = self.writer, size_um
        whole = f"[0 0 {points(width)} {points(height)}]"
        trim = " ".join(map(points, (bleed_um, bleed_um, width - bleed_um, height - bleed_um)))
        pages = writer.reserve()
        page = writer.add(
            f"<< /Type /Page /Parent {pages} 0 R /MediaBox {whole} /BleedBox {whole} /TrimBox [{trim}]"
            f" /Resources {resources} /Contents {contents} 0 R >>"
        )
        writer.add(f"<< /Type /Pages /Kids [{page} 0 R] /Count 1 >>", pages)
        press = writer.stream(f"/N {self.inks}", zlib.compress(self.icc, LEVEL))
        condition = text(self.condition)
        intent = writer.add(
            "<< /Type /OutputIntent /S /GTS_PDFX /OutputConditionIdentifier (Custom)"
            f" /OutputCondition {condition} /Info {condition} /DestOutputProfile {press} 0 R >>"
        )
        xmp = _xmp(title, identity).encode("utf-8")
        metadata = writer.stream("/Type /Metadata /Subtype /XML", xmp, compressed=False)
        root = writer.add(
            f"<< /Type /Catalog /Pages {pages} 0 R /OutputIntents [{intent} 0 R] /Metadata {metadata} 0 R >>"
        )
        info = writer.add(
            f"<< /Title {text(title)} /Creator {text(MAKER)} /Producer {text(MAKER)}"
            f" /CreationDate ({MADE_PDF}) /ModDate ({MADE_PDF}) /Trapped /False >>"
        )
        writer.finish(root=root, info=info, identity=identity)


def _xmp(title: str, identity: str) -> str:
    """The metadata that PDF/X-4 asks for."""
    number = f"{identity[:8]}-{identity[8:12]}-{identity[12:16]}-{identity[16:20]}-{identity[20:32]}"
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"'
        ' xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfxid="http://www.npes.org/pdfx/ns/id/">'
        "<dc:format>application/pdf</dc:format>"
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt></dc:title>'
        f"<xmp:CreateDate>{MADE}</xmp:CreateDate><xmp:ModifyDate>{MADE}</xmp:ModifyDate>"
        f"<xmp:MetadataDate>{MADE}</xmp:MetadataDate><xmp:CreatorTool>{MAKER}</xmp:CreatorTool>"
        f"<xmpMM:DocumentID>uuid:{number}</xmpMM:DocumentID><xmpMM:InstanceID>uuid:{number}</xmpMM:InstanceID>"
        "<xmpMM:VersionID>1</xmpMM:VersionID><xmpMM:RenditionClass>default</xmpMM:RenditionClass>"
        f"<pdf:Producer>{MAKER}</pdf:Producer>"
        "<pdf:Trapped>False</pdf:Trapped>"
        "<pdfxid:GTS_PDFXVersion>PDF/X-4</pdfxid:GTS_PDFXVersion>"
        '</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end="r"?>'
    )

"""Production PDF, built to PDF/X-4 (ISO 15930-7), and gang sheets that only place what was made before.

- Every page names its output intent: the operator's press profile, or else sRGB as an output device, made
  here from formulas. With a CMYK intent colours are ICC-based sRGB, black is the black plate; with an RGB
  intent they are DeviceRGB.
- Roles with a spot name (`CutContour`, `White`) are separations that overprint: they print on a plate of
  their own and take nothing away from the picture. White lies over the colour in the file, under it on film.
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

import pikepdf

from configurator.engine.layout.scene import AssetInfo, Scene
from configurator.engine.machines import Profile
from configurator.engine.rendering.icc import srgb_screen
from configurator.engine.rendering.pdf import points
from configurator.engine.rendering.placeable import LEVEL, Pixmap, Placeable, intent_of, placeable
from configurator.engine.rendering.refusals import CannotBeMade

VERSION = "1.6"
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
    degrees."""

    artwork: Placeable
    x_um: int
    y_um: int
    rotated: bool = False


def production_pdf(
    scene: Scene, profile: Profile, assets: Mapping[str, AssetInfo] | None = None, *, title: str = ""
) -> bytes:
    """The scene as one page, its bleed around it; mirrored where the machine wants it.

    Raises `CannotBeMade` for a cut or score that the machine has no spot colour for, `PictureMissing`.
    """
    artwork = placeable(scene, profile, assets)
    file = _File(profile)
    contents = file.flate(artwork.content)
    file.page(
        contents,
        file.resources(artwork),
        width_um=artwork.width_um + 2 * artwork.bleed_um,
        height_um=artwork.height_um + 2 * artwork.bleed_um,
        bleed_um=artwork.bleed_um,
    )
    return file.saved(title or scene.surface, artwork.sha256)


def gang_pdf(
    placed: Sequence[PlacedArtwork],
    profile: Profile,
    *,
    width_um: int,
    height_um: int,
    title: str,
    marks: Placeable | None = None,
) -> bytes:
    """A sheet of artworks, each stored once however often it is placed; `marks` is an artwork of the sheet's
    own size that is drawn over them (names, marks, barcodes, contours).

    Raises `CannotBeMade` when an artwork was made for another kind of output intent or other spot names.
    """
    file = _File(profile)
    forms: dict[str, str] = {}
    named = pikepdf.Dictionary()
    written: list[str] = []
    for each in (*placed, *([PlacedArtwork(marks, 0, 0)] if marks else [])):
        digest = each.artwork.sha256
        if digest not in forms:
            forms[digest] = f"/A{len(forms) + 1}"
            named[forms[digest]] = file.form(each.artwork)
        written.append(_placing(each, height_um, forms[digest]))
    contents = file.flate(zlib.compress("\n".join(written).encode("ascii"), LEVEL))
    file.page(contents, pikepdf.Dictionary(XObject=named), width_um=width_um, height_um=height_um, bleed_um=0)
    return file.saved(title, hashlib.sha256("".join(written).encode() + "".join(forms).encode()).hexdigest())


def _placing(placed: PlacedArtwork, height_um: int, name: str) -> str:
    """The form's origin is the lower left corner of its bleed; the page's y axis points up."""
    art, bleed = placed.artwork, placed.artwork.bleed_um
    left, top = placed.x_um - bleed, height_um - placed.y_um + bleed
    if placed.rotated:
        return f"q 0 -1 1 0 {points(left)} {points(top)} cm {name} Do Q"
    return f"q 1 0 0 1 {points(left)} {points(top - art.height_um - 2 * bleed)} cm {name} Do Q"


class _File:
    """A document being built to PDF/X-4; what artworks share is stored once."""

    def __init__(self, profile: Profile) -> None:
        self.document = pikepdf.new()
        self.profile = profile
        self.icc, self.inks, self.condition = intent_of(profile)
        self._shared: dict[str, pikepdf.Object] = {}

    def flate(self, data: bytes, **entries: object) -> pikepdf.Object:
        stream = self.document.make_stream(b"")
        stream.write(data, filter=pikepdf.Name.FlateDecode, decode_parms=entries.pop("parameters", None))  # type: ignore[arg-type]
        for key, value in entries.items():
            stream[f"/{key}"] = value
        return stream

    def shared(self, key: str, made: pikepdf.Object) -> pikepdf.Object:
        if key not in self._shared:
            self._shared[key] = self.document.make_indirect(made)
        return self._shared[key]

    def resources(self, artwork: Placeable) -> pikepdf.Dictionary:
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
        spaces = {f"/{role}": self._separation(role, name) for role, name in artwork.spots}
        if artwork.black_plate:
            spaces["/sRGB"] = self._srgb()
        over = pikepdf.Dictionary(Type=pikepdf.Name.ExtGState, OP=True, op=True, OPM=1)
        pictures = {f"/I{index}": self._image(each) for index, each in enumerate(artwork.pixmaps, 1)}
        return pikepdf.Dictionary(
            ColorSpace=pikepdf.Dictionary(spaces),
            ExtGState=pikepdf.Dictionary(Over=self.shared("over", over)),
            XObject=pikepdf.Dictionary(pictures),
        )

    def form(self, artwork: Placeable) -> pikepdf.Object:
        width, height = (
            pikepdf.Object.parse(points(side + 2 * artwork.bleed_um).encode("ascii"))
            for side in (artwork.width_um, artwork.height_um)
        )
        return self.flate(
            artwork.content,
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Form,
            BBox=pikepdf.Array([0, 0, width, height]),
            Resources=self.resources(artwork),
        )

    def _image(self, pixmap: Pixmap) -> pikepdf.Object:
        key = f"image {pixmap.space} {hashlib.sha256(pixmap.data).hexdigest()}"
        if pixmap.mask:
            key += hashlib.sha256(pixmap.mask.data).hexdigest()
        if key not in self._shared:
            spaces = {
                "rgb": self._srgb() if self.inks == 4 else pikepdf.Name.DeviceRGB,
                "grey": pikepdf.Name.DeviceGray,
            }
            space = spaces.get(pixmap.space) or self._separation(
                pixmap.space, self.profile.spots[pixmap.space]
            )
            prediction = pikepdf.Dictionary(
                Predictor=12, Colors=pixmap.channels, BitsPerComponent=8, Columns=pixmap.width
            )
            image = self.flate(
                pixmap.data,
                parameters=prediction,
                Type=pikepdf.Name.XObject,
                Subtype=pikepdf.Name.Image,
                Width=pixmap.width,
                Height=pixmap.height,
                ColorSpace=space,
                BitsPerComponent=8,
            )
            if pixmap.mask:
                image.SMask = self._image(pixmap.mask)
            self._shared[key] = image
        return self._shared[key]

    def _separation(self, role: str, name: str) -> pikepdf.Object:
        cmyk = self.inks == 4
        tint = (TINTS_CMYK if cmyk else TINTS_RGB)[role]
        function = pikepdf.Dictionary(
            FunctionType=2,
            Domain=pikepdf.Array([0, 1]),
            C0=pikepdf.Array([0] * 4 if cmyk else [1] * 3),
            C1=pikepdf.Array([pikepdf.Object.parse(f"{value:g}".encode()) for value in tint]),
            N=1,
        )
        space = pikepdf.Name.DeviceCMYK if cmyk else pikepdf.Name.DeviceRGB
        return self.shared(
            f"spot {role}",
            pikepdf.Array([pikepdf.Name.Separation, pikepdf.Name(f"/{name}"), space, function]),
        )

    def _srgb(self) -> pikepdf.Object:
        if "sRGB" not in self._shared:
            icc = self.flate(zlib.compress(srgb_screen(), LEVEL), N=3, Alternate=pikepdf.Name.DeviceRGB)
            self.shared("sRGB", pikepdf.Array([pikepdf.Name.ICCBased, icc]))
        return self._shared["sRGB"]

    def page(
        self,
        contents: pikepdf.Object,
        resources: pikepdf.Dictionary,
        *,
        width_um: int,
        height_um: int,
        bleed_um: int,
    ) -> None:
        whole = _rectangle(0, 0, width_um, height_um)
        page = pikepdf.Dictionary(
            Type=pikepdf.Name.Page,
            MediaBox=whole,
            BleedBox=whole,
            TrimBox=_rectangle(bleed_um, bleed_um, width_um - bleed_um, height_um - bleed_um),
            Resources=resources,
            Contents=contents,
        )
        self.document.pages.append(pikepdf.Page(self.document.make_indirect(page)))

    def saved(self, title: str, identity: str) -> bytes:
        """The document with its output intent and metadata, as bytes."""
        document = self.document
        intent = self.flate(zlib.compress(self.icc, LEVEL), N=self.inks)
        document.Root.OutputIntents = pikepdf.Array(
            [
                document.make_indirect(
                    pikepdf.Dictionary(
                        Type=pikepdf.Name.OutputIntent,
                        S=pikepdf.Name.GTS_PDFX,
                        OutputConditionIdentifier=pikepdf.String("Custom"),
                        OutputCondition=pikepdf.String(self.condition),
                        Info=pikepdf.String(self.condition),
                        DestOutputProfile=intent,
                    )
                )
            ]
        )
        document.Root.Metadata = self._metadata(title, identity)
        for key, value in (("Title", title), ("Creator", "order configurator"), ("Producer", "pikepdf")):
            document.docinfo[f"/{key}"] = pikepdf.String(value)
        document.docinfo["/CreationDate"] = pikepdf.String(MADE_PDF)
        document.docinfo["/ModDate"] = pikepdf.String(MADE_PDF)
        document.docinfo["/Trapped"] = pikepdf.Name("/False")
        out = io.BytesIO()
        document.save(
            out,
            deterministic_id=True,
            min_version=VERSION,
            compress_streams=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            recompress_flate=False,
        )
        return out.getvalue()

    def _metadata(self, title: str, identity: str) -> pikepdf.Object:
        stream = self.document.make_stream(_xmp(title, identity).encode("utf-8"))
        stream.Type, stream.Subtype = pikepdf.Name.Metadata, pikepdf.Name.XML
        return stream


def _rectangle(*corners: int) -> pikepdf.Array:
    return pikepdf.Array([pikepdf.Object.parse(points(corner).encode("ascii")) for corner in corners])


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
        f"<xmp:MetadataDate>{MADE}</xmp:MetadataDate><xmp:CreatorTool>order configurator</xmp:CreatorTool>"
        f"<xmpMM:DocumentID>uuid:{number}</xmpMM:DocumentID><xmpMM:InstanceID>uuid:{number}</xmpMM:InstanceID>"
        "<xmpMM:VersionID>1</xmpMM:VersionID><xmpMM:RenditionClass>default</xmpMM:RenditionClass>"
        "<pdf:Producer>pikepdf</pdf:Producer><pdf:Trapped>False</pdf:Trapped>"
        "<pdfxid:GTS_PDFXVersion>PDF/X-4</pdfxid:GTS_PDFXVersion>"
        '</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end="r"?>'
    )

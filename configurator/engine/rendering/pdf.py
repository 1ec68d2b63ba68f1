"""A scene as a one-page PDF in real millimetres, the same bytes every time.

Text is outlines, pictures keep their own pixels. Engraving is black, cut lines are red, scores blue: the
colours of `svg.ROLE_COLOURS`. Outlines are written to a thousandth of a point (0.35 µm).
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping

import pikepdf
from PIL import Image

from configurator.engine.geometry import MICROMETRES_PER_MM, Box, Path
from configurator.engine.layout.scene import AssetInfo, Item, Placed, Scene, Stroke
from configurator.engine.rendering.svg import ROLE_COLOURS, PictureMissing

POINTS_PER_UM = 72 / 25.4 / MICROMETRES_PER_MM
_CURVE = " ".join(["%.3f"] * 6) + " c"
_OPERATORS = {"M": "%.3f %.3f m", "L": "%.3f %.3f l", "Q": _CURVE, "C": _CURVE}


def pdf(
    scene: Scene,
    *,
    assets: Mapping[str, AssetInfo] | None = None,
    role_colours: Mapping[str, str] | None = None,
    title: str = "",
) -> bytes:
    """The scene as PDF bytes; raises `PictureMissing` when a placed picture was not given."""
    document = pikepdf.new()
    page = Page(document, scene.width_um, scene.height_um, {**ROLE_COLOURS, **(role_colours or {})})
    for item in scene.items:
        page.draw(item, assets or {})
    page.close()
    return saved(document, title)


def saved(document: pikepdf.Pdf, title: str) -> bytes:
    """Bytes without dates or random identifiers."""
    if title:
        document.docinfo["/Title"] = title
    out = io.BytesIO()
    document.save(
        out,
        deterministic_id=True,
        min_version="1.6",
        compress_streams=True,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        recompress_flate=False,
    )
    return out.getvalue()


def points(um: float) -> str:
    """A length in points, as short as it can be written."""
    text = f"{um * POINTS_PER_UM:.4f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def path_operators(path: Path, *, height_um: int) -> str:
    """The outline in PDF operators; the page's y axis points up, and it has no quadratic curves."""
    written: list[str] = []
    x = y = 0.0
    for command, *values in path:
        if command == "Z":
            written.append("h")
            continue
        numbers: tuple[float, ...] = tuple(values)
        if command == "Q":
            a, b, to_x, to_y = values
            numbers = (
                x + 2 / 3 * (a - x),
                y + 2 / 3 * (b - y),
                to_x + 2 / 3 * (a - to_x),
                to_y + 2 / 3 * (b - to_y),
                to_x,
                to_y,
            )
        x, y = numbers[-2], numbers[-1]
        flipped = [
            (height_um - number if index % 2 else number) * POINTS_PER_UM
            for index, number in enumerate(numbers)
        ]
        written.append(_OPERATORS[command] % tuple(flipped))
    return "\n".join(written)


def colour_operator(colour: str, *, stroke: bool = False) -> str:
    red, green, blue = (int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5))
    if red == green == blue:
        return f"{red:.4g} {'G' if stroke else 'g'}"
    return f"{red:.4g} {green:.4g} {blue:.4g} {'RG' if stroke else 'rg'}"


class Page:
    """A page being written: its content in order, its pictures each once."""

    def __init__(
        self, document: pikepdf.Pdf, width_um: int, height_um: int, colours: Mapping[str, str]
    ) -> None:
        self.document, self.colours = document, colours
        self.width_um, self.height_um = width_um, height_um
        self._content: list[str] = []
        self._pictures: dict[str, tuple[str, pikepdf.Object]] = {}

    def draw(self, item: Item, assets: Mapping[str, AssetInfo]) -> None:
        self.write(
            item_operators(
                item, height_um=self.height_um, colours=self.colours, picture=self.picture(item, assets)
            )
        )

    def write(self, operators: str) -> None:
        self._content.append(operators)

    def picture(self, item: Item, assets: Mapping[str, AssetInfo]) -> str:
        """The resource name of the picture an item shows; empty for other items."""
        if not isinstance(item, Placed):
            return ""
        key = f"{item.role} {item.sha256} {item.crop.as_json()}"
        if key not in self._pictures:
            asset = assets.get(item.sha256)
            if asset is None:
                raise PictureMissing(f"The picture {item.sha256[:12]} was not given.")
            made = picture_object(self.document, asset, item)
            self._pictures[key] = (f"/P{len(self._pictures) + 1}", made)
        return self._pictures[key][0]

    def close(
        self,
    ) -> None:
        """Add the page to the document."""
        page = pikepdf.Dictionary(
            Type=pikepdf.Name.Page,
            MediaBox=self._box(Box(0, 0, self.width_um, self.height_um)),
            TrimBox=self._box(Box(0, 0, self.width_um, self.height_um)),
            Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(dict(self._pictures.values()))),
            Contents=self._stream(),
        )
        self.document.pages.append(pikepdf.Page(self.document.make_indirect(page)))

    def _stream(self) -> pikepdf.Object:
        return self.document.make_stream("\n".join(self._content).encode("ascii"))

    def _box(self, box: Box) -> pikepdf.Array:
        """A box of the surface in points from the lower left corner of the page."""
        corners = (box.left, self.height_um - box.bottom, box.right, self.height_um - box.top)
        return pikepdf.Array([_decimal(value) for value in corners])


def _decimal(um: int) -> pikepdf.Object:
    return pikepdf.Object.parse(points(um).encode("ascii"))


def item_operators(item: Item, *, height_um: int, colours: Mapping[str, str], picture: str) -> str:
    """One item in PDF operators on a page `height_um` high."""
    if isinstance(item, Placed):
        return placed_operators(item, height_um=height_um, picture=picture)
    colour = colours.get(item.role, "") or item.colour
    outline = path_operators(item.path, height_um=height_um)
    if isinstance(item, Stroke):
        return f"{colour_operator(colour, stroke=True)} {points(item.width_um)} w\n{outline}\nS"
    return f"{colour_operator(colour)}\n{outline}\nf"


def placed_operators(item: Placed, *, height_um: int, picture: str) -> str:
    """A picture in its box, turned clockwise about the box's middle, masked by its outline."""
    box, turn = item.box, math.radians(item.rotation_mdeg / 1000)
    cosine, sine = math.cos(turn), math.sin(turn)
    wide, high = box.width, box.height
    left = (box.left + box.right - wide * cosine - high * sine) / 2
    bottom = height_um - (box.top + box.bottom - wide * sine + high * cosine) / 2
    matrix = (wide * cosine, -wide * sine, high * sine, high * cosine, left, bottom)
    drawn = f"{' '.join(map(points, matrix))} cm {picture} Do"
    if not item.outline:
        return f"q {drawn} Q"
    return f"q {path_operators(item.outline, height_um=height_um)}\nW n {drawn} Q"


def picture_object(document: pikepdf.Pdf, asset: AssetInfo, item: Placed) -> pikepdf.Object:
    """The cropped pixels as an image with a soft mask where the picture is see-through."""
    crop = (item.crop.left, item.crop.top, item.crop.right, item.crop.bottom)
    picture = Image.open(io.BytesIO(asset.read()), formats=("PNG",)).convert("RGBA").crop(crop)
    alpha = picture.getchannel("A")
    colours = picture.convert("RGB")
    if item.role == "engrave":
        grey = Image.new("L", picture.size, 255)
        grey.paste(colours.convert("L"), mask=alpha)
        return _image_stream(document, grey, "/DeviceGray")
    made = _image_stream(document, colours, "/DeviceRGB")
    if alpha.getextrema() != (255, 255):
        made.SMask = _image_stream(document, alpha, "/DeviceGray")
    return made


def _image_stream(document: pikepdf.Pdf, picture: Image.Image, space: str) -> pikepdf.Object:
    stream = document.make_stream(picture.tobytes())
    stream.Type, stream.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
    stream.Width, stream.Height = picture.size
    stream.ColorSpace, stream.BitsPerComponent = pikepdf.Name(space), 8
    return stream

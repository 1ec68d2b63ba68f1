"""The production file of a whole sheet or machine bed, in real millimetres, as SVG or PDF.

Layers, in this order: `sheet` (its outline), `artwork` (engraving black, print in its colours), `cut` (the
parts'
outlines, red hairlines), `labels` (a name in or beside every part), `title`. In PDF each is an optional
content
group; those for people, and on printed sheets the cut lines, are seen on the screen but not printed. Labels
are outlines too: no font is needed to read them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pikepdf

from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import (
    Box,
    Path,
    millimetres,
    moved,
    path_data,
    rectangle,
    rounded_rectangle,
)
from configurator.engine.layout.scene import AssetInfo, Scene
from configurator.engine.layout.text import TextFrame, set_text
from configurator.engine.rendering.pdf import (
    Page,
    colour_operator,
    path_operators,
    points,
    saved,
)
from configurator.engine.rendering.svg import ROLE_COLOURS, item_svg

# A laser cuts lines up to 0.5 pt; 0.1 mm is still seen on paper.
HAIRLINE_UM = 100
LABEL_FONT = "noto-sans"
LABEL_COLOUR = "#0055aa"
TITLE_COLOUR = "#444444"
SHEET_COLOUR = "#999999"
LABEL_UM = 2_600
LEAST_LABEL_UM = 800
# The title stands in a strip under the sheet, outside of what a machine reads as its bed.
TITLE_STRIP_UM = 14_000
TITLE_UM = 4_000

# Processes whose sheets come out of a printer.
PRINTED = frozenset({"print", "dtf", "sublimation"})
LAYERS = ("sheet", "artwork", "cut", "labels", "title")


@dataclass(frozen=True, slots=True)
class PlacedScene:
    """A part on the sheet. `x_um`, `y_um` is its upper left corner, `width_um` x `height_um` its size as it
    lies
    there. `rotated`: the artwork is turned clockwise by 90 degrees. `scene` None: a part without artwork."""

    scene: Scene | None
    x_um: int
    y_um: int
    width_um: int
    height_um: int
    rotated: bool
    label: str

    @property
    def box(self) -> Box:
        return Box(self.x_um, self.y_um, self.x_um + self.width_um, self.y_um + self.height_um)


def sheet_svg(
    placements: Sequence[PlacedScene],
    *,
    width_um: int,
    height_um: int,
    title: str,
    fonts: FontLibrary,
    pictures: Mapping[str, str] | None = None,
) -> str:
    """The sheet as SVG, y downwards; `pictures` gives the address of each placed picture by its hash."""
    total = height_um + TITLE_STRIP_UM
    layers = {
        "sheet": _svg_stroke(rectangle(Box(0, 0, width_um, height_um)), SHEET_COLOUR),
        "artwork": "".join(_artwork_svg(placed, pictures or {}) for placed in placements),
        "cut": "".join(_svg_stroke(cut_outline(placed), ROLE_COLOURS["cut"]) for placed in placements),
        "labels": "".join(_svg_fill(path, LABEL_COLOUR) for path in _labels(placements, fonts)),
        "title": "".join(_svg_fill(path, TITLE_COLOUR) for path in _title(title, width_um, height_um, fonts)),
    }
    body = "".join(f'<g id="{name}">{layers[name]}</g>\n' for name in LAYERS)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg"'
        f' width="{millimetres(width_um)}mm" height="{millimetres(total)}mm"'
        f' viewBox="0 0 {width_um} {total}">\n<title>{_escaped(title)}</title>\n{body}</svg>\n'
    )


def sheet_pdf(
    placements: Sequence[PlacedScene],
    *,
    width_um: int,
    height_um: int,
    title: str,
    fonts: FontLibrary,
    assets: Mapping[str, AssetInfo] | None = None,
) -> bytes:
    """The sheet as a one-page PDF; its trim box is the sheet, the title stands below it."""
    total = height_um + TITLE_STRIP_UM
    document = pikepdf.new()
    page = _SheetPage(Page(document, width_um, total, ROLE_COLOURS), assets or {}, made_layers(placements))
    page.layer("sheet", [page.stroke(rectangle(Box(0, 0, width_um, height_um)), SHEET_COLOUR)])
    page.layer("artwork", (page.artwork(placed) for placed in placements))
    page.layer("cut", (page.stroke(cut_outline(placed), ROLE_COLOURS["cut"]) for placed in placements))
    page.layer("labels", (page.fill(path, LABEL_COLOUR) for path in _labels(placements, fonts)))
    page.layer("title", (page.fill(path, TITLE_COLOUR) for path in _title(title, width_um, height_um, fonts)))
    page.close(trim=Box(0, 0, width_um, height_um))
    return saved(document, title)


def made_layers(placements: Sequence[PlacedScene]) -> tuple[str, ...]:
    """The layers a machine works from. A printer must not print the lines along which its sheet is cut
    later."""
    processes = {placed.scene.process for placed in placements if placed.scene}
    return ("artwork",) if processes & PRINTED else ("artwork", "cut")


def cut_outline(placed: PlacedScene) -> Path:
    """The outline along which a part is cut."""
    radius = placed.scene.corner_radius_um if placed.scene else 0
    return rounded_rectangle(placed.box, radius)


def _labels(placements: Sequence[PlacedScene], fonts: FontLibrary) -> Iterable[Path]:
    """A label in the lower left corner of every part, as large as it fits, at most 2.6 mm."""
    for placed in placements:
        margin = min(1_200, placed.width_um // 10, placed.height_um // 10)
        room = placed.box.inset(margin)
        # A rounded corner takes away about half its radius at the height of a label.
        corner = (placed.scene.corner_radius_um if placed.scene else 0) * 3 // 5
        path = label_outline(placed.label, room.width - 2 * corner, room.height, fonts)
        yield moved(path, room.left + corner, room.bottom)


def label_outline(text: str, width_um: int, height_um: int, fonts: FontLibrary) -> Path:
    """A line of text with its lower left corner at the origin."""
    if not text.strip() or width_um <= 0 or height_um <= 0:
        return ()
    frame = TextFrame(
        element="label",
        font=LABEL_FONT,
        box=Box(0, -height_um, width_um, 0),
        align="left",
        valign="bottom",
        size_um=min(LABEL_UM, height_um),
        min_size_um=min(LEAST_LABEL_UM, height_um),
    )
    return set_text(text, frame=frame, fonts=fonts).path


def _title(title: str, width_um: int, height_um: int, fonts: FontLibrary) -> Iterable[Path]:
    words = f"{title}  ·  {millimetres(width_um)} × {millimetres(height_um)} mm  ·  1 : 1"
    box = Box(2_000, height_um + 2_000, width_um - 2_000, height_um + TITLE_STRIP_UM - 2_000)
    frame = TextFrame("title", LABEL_FONT, box, "left", "middle", TITLE_UM, LEAST_LABEL_UM)
    yield set_text(words, frame=frame, fonts=fonts).path


def _artwork_svg(placed: PlacedScene, pictures: Mapping[str, str]) -> str:
    if placed.scene is None or not placed.scene.items:
        return ""
    items = "".join(item_svg(item, colours=ROLE_COLOURS, pictures=pictures) for item in placed.scene.items)
    return f'<g transform="{_svg_matrix(placed)}">{items}</g>'


def _svg_matrix(placed: PlacedScene) -> str:
    if not placed.rotated or placed.scene is None:
        return f"translate({placed.x_um} {placed.y_um})"
    # (x, y) goes to (height - y, x), then to its place.
    return f"matrix(0 1 -1 0 {placed.x_um + placed.scene.height_um} {placed.y_um})"


def _svg_stroke(path: Path, colour: str) -> str:
    return f'<path fill="none" stroke="{colour}" stroke-width="{HAIRLINE_UM}" d="{path_data(path)}"/>'


def _svg_fill(path: Path, colour: str) -> str:
    return f'<path fill="{colour}" d="{path_data(path)}"/>' if path else ""


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class _SheetPage:
    """Writes a sheet's layers into a PDF page; the artwork of equal scenes is stored once."""

    def __init__(self, page: Page, assets: Mapping[str, AssetInfo], made: Collection[str]) -> None:
        self.page, self.assets, self._made = page, assets, made
        self._forms: dict[str, tuple[str, pikepdf.Object]] = {}
        self._groups: dict[str, pikepdf.Object] = {}

    def layer(self, name: str, written: Iterable[str]) -> None:
        """One optional content group with everything that is drawn in it."""
        state = pikepdf.Name.ON if name in self._made else pikepdf.Name.OFF
        group = self.page.document.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.OCG,
                Name=pikepdf.String(name),
                Usage=pikepdf.Dictionary(Print=pikepdf.Dictionary(PrintState=state)),
            )
        )
        self._groups[f"/{name}"] = group
        self.page.write(f"/OC /{name} BDC q")
        for operators in written:
            if operators:
                self.page.write(operators)
        self.page.write("Q EMC")

    def stroke(self, path: Path, colour: str) -> str:
        outline = path_operators(path, height_um=self.page.height_um)
        return f"{colour_operator(colour, stroke=True)} {points(HAIRLINE_UM)} w\n{outline}\nS"

    def fill(self, path: Path, colour: str) -> str:
        if not path:
            return ""
        return f"{colour_operator(colour)}\n{path_operators(path, height_um=self.page.height_um)}\nf"

    def artwork(self, placed: PlacedScene) -> str:
        """Place the form of the part's scene; the page's y axis points up, so turning clockwise is -90
        degrees."""
        scene = placed.scene
        if scene is None or not scene.items:
            return ""
        name = self._form(scene)
        left, bottom = points(placed.x_um), self.page.height_um - placed.y_um
        if placed.rotated:
            return f"q 0 -1 1 0 {left} {points(bottom)} cm {name} Do Q"
        return f"q 1 0 0 1 {left} {points(bottom - scene.height_um)} cm {name} Do Q"

    def _form(self, scene: Scene) -> str:
        """The artwork of a scene as a form XObject of its own size, origin in its lower left corner."""
        if scene.hash not in self._forms:
            inner = Page(self.page.document, scene.width_um, scene.height_um, self.page.colours)
            for item in scene.items:
                inner.draw(item, self.assets)
            self._forms[scene.hash] = (f"/A{len(self._forms) + 1}", inner.as_form())
        return self._forms[scene.hash][0]

    def close(self, *, trim: Box) -> None:
        document = self.page.document
        order = pikepdf.Array([self._groups[f"/{name}"] for name in LAYERS])
        # Seen on the screen or not, what is for people is never printed.
        automatic = pikepdf.Dictionary(
            Event=pikepdf.Name.Print, OCGs=order, Category=pikepdf.Array([pikepdf.Name.Print])
        )
        shown = pikepdf.Dictionary(
            Order=order, ON=order, Name=pikepdf.String("Layers"), AS=pikepdf.Array([automatic])
        )
        document.Root.OCProperties = pikepdf.Dictionary(OCGs=order, D=shown)
        forms = pikepdf.Dictionary(dict(self._forms.values()))
        self.page.close(forms=forms, groups=pikepdf.Dictionary(self._groups), trim=trim)

"""Production PDFs, read operator by operator with pikepdf."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from io import BytesIO
from typing import Any

import pikepdf
from PIL import Image

from configurator.engine.readback.conformance import departures
from configurator.engine.readback.marks import (
    UNCHANGED,
    Contour,
    Mark,
    Matrix,
    Point,
    Shown,
    Unreadable,
    Walk,
    joined,
    through,
)

UM_A_POINT = 25_400 / 72
DEEPEST = 8  # forms in forms


@dataclass(frozen=True, slots=True)
class ReadPdf:
    """`trim`, `bleed` and `media` are (width, height) in µm, `offset` the trim box's place in the media;
    `departures` from PDF/X-4, in words."""

    trim: tuple[float, float]
    media: tuple[float, float]
    bleed: tuple[float, float]
    offset: tuple[float, float]
    pages: int
    drawn: tuple[Mark | Shown, ...]
    intent: str
    spots: frozenset[str]
    overprinting: bool
    departures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _State:
    matrix: Matrix
    fill: str = "#000000"
    stroke: str = "#000000"
    fill_space: Any = None
    stroke_space: Any = None
    width: float = 1.0
    overprint: bool = False
    clip: tuple[Contour, ...] = ()


def read_pdf(data: bytes) -> ReadPdf:
    """Everything that the page of a production file draws. Raises `Unreadable`."""
    try:
        with pikepdf.open(BytesIO(data), attempt_recovery=False, suppress_warnings=True) as document:
            return _read(document)
    except Unreadable:
        raise
    except (pikepdf.PdfError, ValueError, KeyError, AttributeError, TypeError, IndexError) as fault:
        raise Unreadable(f"the PDF cannot be read ({str(fault).splitlines()[0][:120]})") from fault


def _read(document: pikepdf.Pdf) -> ReadPdf:
    if not document.pages:
        raise Unreadable("the PDF has no page")
    page = document.pages[0].obj
    if page.get("/Rotate", 0) or page.get("/UserUnit", 1) != 1:
        raise Unreadable("the page is turned or scaled by its viewer")
    media, bleed, trim = (_box(page, key) for key in ("/MediaBox", "/BleedBox", "/TrimBox"))
    # From points, y up, to µm from the upper left corner of the trim box, y down.
    matrix = (UM_A_POINT, 0.0, 0.0, -UM_A_POINT, -trim[0] * UM_A_POINT, trim[3] * UM_A_POINT)
    reader = _Reader()
    reader.run(document.pages[0], page.get("/Resources", {}), _State(matrix), depth=0)
    intents: Any = document.Root.get("/OutputIntents", [])
    return ReadPdf(
        trim=_size(trim),
        media=_size(media),
        bleed=_size(bleed),
        offset=((trim[0] - media[0]) * UM_A_POINT, (media[3] - trim[3]) * UM_A_POINT),
        pages=len(document.pages),
        drawn=tuple(reader.drawn),
        intent=str(intents[0].get("/S", "")) if len(intents) else "",
        spots=frozenset(reader.spots),
        overprinting=not reader.knocking_out,
        departures=departures(document),
    )


def read_form(form: pikepdf.Object, matrix: Matrix) -> tuple[Mark | Shown, ...]:
    """Everything that one form draws where `matrix` puts it. Raises `Unreadable`."""
    reader = _Reader()
    reader.run(form, form.get("/Resources", {}), _State(matrix), depth=1)
    return tuple(reader.drawn)


def _box(page: pikepdf.Object, key: str) -> tuple[float, float, float, float]:
    if key not in page:
        raise Unreadable(f"the page has no {key[1:]}")
    left, bottom, right, top = (float(value) for value in page[key])
    return left, bottom, right, top


def _size(box: tuple[float, float, float, float]) -> tuple[float, float]:
    return (box[2] - box[0]) * UM_A_POINT, (box[3] - box[1]) * UM_A_POINT


class _Reader:
    def __init__(self) -> None:
        self.drawn: list[Mark | Shown] = []
        self.spots: set[str] = set()
        self.knocking_out = False
        self._pictures: dict[tuple[int, int], tuple[Image.Image, str]] = {}

    def run(self, page: Any, resources: Any, state: _State, *, depth: int) -> None:
        if depth > DEEPEST:
            raise Unreadable("forms lie too deep in each other")
        kept: list[_State] = []
        walk, at, clipping = Walk(), (0.0, 0.0), False
        for instruction in pikepdf.parse_content_stream(page):
            operands, name = list(instruction.operands), str(instruction.operator)
            if name in _PATHS:
                at = _walk(walk, name, [float(value) for value in operands], state.matrix, at)
            elif name == "q":
                kept.append(state)
            elif name == "Q":
                if not kept:
                    raise Unreadable("a state is taken back that was not kept")
                state = kept.pop()
            elif name == "cm":
                own = tuple(float(value) for value in operands)
                state = replace(state, matrix=joined(own, state.matrix))  # type: ignore[arg-type]
            elif name in ("W", "W*"):
                clipping = True
            elif name in _PAINTS:
                if name in ("s", "b", "b*"):
                    walk.step("Z", ())
                contours, walk = walk.done(), Walk()
                self._paint(name, contours, state)
                if clipping:
                    state, clipping = replace(state, clip=contours), False
            elif name == "Do":
                self._do(resources.XObject[str(operands[0])], state, depth)
            elif name == "BI":
                raise Unreadable("a picture stands in the middle of the drawing")
            elif name in ("BT", "Tj", "TJ"):
                raise Unreadable("letters are set with a font instead of outlines")
            elif name not in ("BDC", "BMC", "EMC", "i", "ri", "j", "J", "M", "d"):
                state = _changed(state, name, list(operands), resources)

    def _paint(self, name: str, contours: tuple[Contour, ...], state: _State) -> None:
        if not contours or name == "n":
            return
        if name in ("f", "F", "f*", "B", "B*", "b", "b*"):
            self._note(state.fill, state)
            self.drawn.append(Mark("fill", state.fill, contours, even_odd="*" in name))
        if name in ("S", "s", "B", "B*", "b", "b*"):
            a, b, c, d = state.matrix[:4]
            scale = abs(a * d - b * c) ** 0.5
            self._note(state.stroke, state)
            self.drawn.append(Mark("stroke", state.stroke, contours, state.width * scale))

    def _note(self, ink: str, state: _State) -> None:
        if ink.startswith("spot "):
            self.spots.add(ink.removeprefix("spot "))
            self.knocking_out = self.knocking_out or not state.overprint

    def _do(self, drawn: pikepdf.Object, state: _State, depth: int) -> None:
        if str(drawn.Subtype) == "/Form":
            own = tuple(float(value) for value in drawn.get("/Matrix", UNCHANGED))
            inner = replace(state, matrix=joined(own, state.matrix))  # type: ignore[arg-type]
            self.run(drawn, drawn.get("/Resources", {}), inner, depth=depth + 1)
            return
        if drawn.objgen not in self._pictures:
            self._pictures[drawn.objgen] = _picture(drawn)
        pixels, ink = self._pictures[drawn.objgen]
        self._note(ink, state)
        corners = [through(state.matrix, corner) for corner in ((0, 1), (1, 1), (1, 0), (0, 0))]
        self.drawn.append(Shown(tuple(corners), pixels, ink, state.clip))  # type: ignore[arg-type]


_PATHS = frozenset({"m", "l", "c", "v", "y", "h", "re"})
_PAINTS = frozenset({"S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "n"})


def _walk(walk: Walk, name: str, values: list[float], matrix: Matrix, at: Point) -> Point:
    """One path operator; `at` is the current point before the page's matrix."""
    points = [(values[index], values[index + 1]) for index in range(0, len(values), 2)]
    placed = [through(matrix, point) for point in points]
    if name == "m":
        walk.step("M", placed)
    elif name == "l":
        walk.step("L", placed)
    elif name == "c":
        walk.step("C", placed)
    elif name == "v":
        walk.step("C", [walk.at, *placed])
    elif name == "y":
        walk.step("C", [*placed, placed[-1]])
    elif name == "h":
        walk.step("Z", ())
    else:
        x, y, width, height = values
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        placed = [through(matrix, corner) for corner in corners]
        walk.step("M", placed[:1])
        for point in placed[1:]:
            walk.step("L", [point])
        walk.step("Z", ())
        return x, y
    return points[-1] if points else at


def _changed(state: _State, name: str, operands: list[Any], resources: Any) -> _State:
    """What an operator changes in how things are painted."""
    if name == "w":
        return replace(state, width=float(operands[0]))
    if name == "gs":
        return _graphics(state, resources.ExtGState[str(operands[0])])
    if name in ("g", "rg", "k"):
        return replace(state, fill=_device(operands), fill_space=None)
    if name in ("G", "RG", "K"):
        return replace(state, stroke=_device(operands), stroke_space=None)
    if name == "cs":
        return replace(state, fill_space=_space(operands[0], resources))
    if name == "CS":
        return replace(state, stroke_space=_space(operands[0], resources))
    if name in ("sc", "scn"):
        return replace(state, fill=_ink(state.fill_space, operands))
    if name in ("SC", "SCN"):
        return replace(state, stroke=_ink(state.stroke_space, operands))
    raise Unreadable(f"the drawing has the operator {name}, which ours do not use")


def _graphics(state: _State, wanted: pikepdf.Object) -> _State:
    for key in wanted.keys():  # noqa: SIM118 - a PDF dictionary
        if key not in ("/Type", "/OP", "/op", "/OPM", "/SA"):
            raise Unreadable(f"the drawing sets {key[1:]}, which ours do not")
    return replace(state, overprint=bool(wanted.get("/op", False)) and bool(wanted.get("/OP", False)))


def _space(name: Any, resources: Any) -> Any:
    if str(name) in ("/DeviceRGB", "/DeviceGray", "/DeviceCMYK"):
        return name
    return resources.ColorSpace[str(name)]


def _device(operands: Iterable[Any]) -> str:
    values = [float(value) for value in operands]
    if len(values) == 4:
        if values == [0, 0, 0, 1]:
            return "#000000"  # the black plate alone
        return "cmyk " + " ".join(f"{value:g}" for value in values)
    rgb = values * 3 if len(values) == 1 else values
    return "#" + "".join(f"{round(value * 255):02x}" for value in rgb)


def _ink(space: Any, operands: list[Any]) -> str:
    if isinstance(space, pikepdf.Array) and str(space[0]) == "/Separation":
        tint = float(operands[0])
        name = str(space[1])[1:]
        return f"spot {name}" if tint == 1 else f"spot {name} {tint:g}"
    return _device([value for value in operands if isinstance(value, (int, float, Decimal))])


def _picture(drawn: pikepdf.Object) -> tuple[Image.Image, str]:
    size = (int(drawn.Width), int(drawn.Height))
    if int(drawn.get("/BitsPerComponent", 8)) != 8:
        raise Unreadable("a picture has not 8 bits a channel")
    if size[0] * size[1] > 400_000_000:
        raise Unreadable("a picture is too large to be looked at")
    space = drawn.get("/ColorSpace")
    data = drawn.read_bytes()
    if isinstance(space, pikepdf.Array) and str(space[0]) == "/Separation":
        return _grey(data, size), f"spot {str(space[1])[1:]}"
    channels = {"/DeviceGray": 1, "/DeviceRGB": 3}.get(str(space), 3)
    if channels == 1:
        pixels = _grey(data, size).convert("RGBA")
    else:
        if len(data) != size[0] * size[1] * 3:
            raise Unreadable("a picture has another number of pixels than it says")
        pixels = Image.frombytes("RGB", size, data).convert("RGBA")
    mask = drawn.get("/SMask")
    if mask is not None:
        pixels.putalpha(_grey(mask.read_bytes(), (int(mask.Width), int(mask.Height))))
    return pixels, ""


def _grey(data: bytes, size: tuple[int, int]) -> Image.Image:
    if len(data) != size[0] * size[1]:
        raise Unreadable("a picture has another number of pixels than it says")
    return Image.frombytes("L", size, data)

"""Drawings that strangers send: an SVG becomes outlines, and everything else in it is left behind.

This is no SVG reader that forbids some things; it knows a dozen elements and attributes and nothing more.
Whatever else a file holds is left out, and its sender is told what. The file itself is never kept where it
could be opened: what is stored is written anew from the numbers (`drawing.Drawing.canonical`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import ParseError
from xml.sax import SAXParseException

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser
from PIL import ImageColor

from configurator.engine import svg_data
from configurator.engine.drawing import LONGER_SIDE, Drawing, Shape, touches
from configurator.engine.even_odd import Crossing, non_zero
from configurator.engine.geometry import Box, Path, Segment
from configurator.engine.svg_data import UNCHANGED, Curve, Matrix, TooMany, Unreadable

MAX_SVG_BYTES = 4_000_000
MAX_ELEMENTS = 20_000
MAX_DEPTH = 64
MAX_SEGMENTS = 60_000  # lines and curves: more than a laser would burn in an hour
MAX_ASPECT = 100.0

SHAPES = ("path", "rect", "circle", "ellipse", "line", "polyline", "polygon")

# What is not drawn by itself: leaving it out changes nothing that is not told elsewhere.
_SILENT = ("title", "desc", "metadata", "defs", "symbol")
_LEFT_OUT: Mapping[str, str] = {
    "script": "scripts",
    "style": "style sheets (export with “presentation attributes” instead)",
    "text": "text (convert it to paths)",
    "image": "pictures inside the drawing (upload them by themselves)",
    "use": "repeated symbols (ungroup or unlink them first)",
    "foreignObject": "pages inside the drawing",
    "filter": "filters (shadows, blur)",
    "clipPath": "clipping paths (cut the shapes themselves)",
    "mask": "masks (cut the shapes themselves)",
    "pattern": "patterns",
    "marker": "arrow heads (convert them to paths)",
    "linearGradient": "colour gradients",
    "radialGradient": "colour gradients",
    "meshgradient": "colour gradients",
    "animate": "movement",
    "animateTransform": "movement",
    "animateMotion": "movement",
    "set": "movement",
    "a": "links, with what is inside them",
    "svg": "drawings inside the drawing",
}
_ATTRIBUTES: Mapping[str, str] = {
    "filter": _LEFT_OUT["filter"],
    "clip-path": _LEFT_OUT["clipPath"],
    "mask": _LEFT_OUT["mask"],
    "marker-start": _LEFT_OUT["marker"],
    "marker-mid": _LEFT_OUT["marker"],
    "marker-end": _LEFT_OUT["marker"],
    "href": "links",
}
_PLAIN: Mapping[str, tuple[str, str]] = {  # attribute -> the value that we draw anyway, and what else is lost
    "opacity": ("1", "transparency"),
    "fill-opacity": ("1", "transparency"),
    "stroke-opacity": ("1", "transparency"),
    "stroke-dasharray": ("none", "dashes (convert them to paths)"),
    "stroke-linecap": ("butt", "round or square ends of lines"),
    "stroke-linejoin": ("miter", "round corners of lines"),
}
GRADIENTS = "colour gradients and patterns (these shapes are drawn black)"
HANDLERS = "scripts"
UNEVEN = "lines stretched more one way than the other (drawn with their mean width)"

# The attributes that may stand in a `style` too, as drawing programs write them.
_STYLED = frozenset(
    {"fill", "stroke", "stroke-width", "fill-rule", "display", "visibility", *_PLAIN, *_ATTRIBUTES}
)

SVG_REFUSALS = {
    "svg-broken": "The drawing cannot be read: {what}. Open it in a drawing program, save it as “plain SVG”,"
    " and upload that.",
    "svg-entities": "The drawing holds abbreviations of its own (XML entities), which are not taken. Save it"
    " as “plain SVG” and upload that.",
    "svg-too-complex": "The drawing has more than {most} {what}. Simplify its paths, or export it as PNG and"
    " upload that.",
    "svg-size": "The drawing does not say how large it is. Give it a width, a height and a viewBox (“fit page"
    " to drawing”), save it, and upload it again.",
    "svg-empty": "There are no shapes in the drawing{but}. Convert everything to paths, save it as “plain"
    " SVG” and upload that.",
    "svg-even-odd": "A shape of the drawing crosses itself and is filled by the rule “even-odd”, which"
    " machines take differently. Unite or simplify its path, save it, and upload it again.",
}


_SEE_THROUGH = re.compile(r"rgba\(((?:[^,()]+,){2}[^,()]+),\s*([01]?\.?\d{1,6})\s*\)\Z")


class DrawingRefused(Exception):
    """Not to be taken; the code is a key of `SVG_REFUSALS`."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(SVG_REFUSALS[code].format(**facts))
        self.code = code


def looks_like_svg(first: bytes) -> bool:
    """By the first bytes (4096 are enough): XML whose first element is called svg."""
    text = first.removeprefix(b"\xef\xbb\xbf").lstrip()
    return re.match(rb"(?:<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE\s+svg\b|\s)*", text, re.DOTALL) is not None and (
        re.search(rb"<(?:[A-Za-z]+:)?svg[\s>]", text) is not None
        and re.match(rb"<\?xml|<!--|<!DOCTYPE\s+svg|<(?:[A-Za-z]+:)?svg[\s>]", text) is not None
    )


def read_svg(data: bytes) -> tuple[Drawing, tuple[str, ...]]:
    """The outlines of an SVG, and what was left out, in words. Raises `DrawingRefused`."""
    if len(data) > MAX_SVG_BYTES:
        raise DrawingRefused("svg-too-complex", most=MAX_SVG_BYTES // 1_000_000, what="million characters")
    reader = _Reader()
    parser = DefusedXMLParser(target=reader, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    try:
        parser.feed(data)
        parser.close()
        return reader.drawing()
    except DefusedXmlException as error:
        raise DrawingRefused("svg-entities") from error
    except (ParseError, SAXParseException) as error:
        raise DrawingRefused("svg-broken", what="it is not well-formed XML") from error
    except TooMany as error:
        raise DrawingRefused("svg-broken", what="a list has more numbers than it may") from error
    except (UnicodeError, LookupError, ValueError) as error:
        what = str(error) if isinstance(error, Unreadable) else "its letters are in no encoding that is known"
        raise DrawingRefused("svg-broken", what=what) from error


_Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class _State:
    """What an element hands down to those inside it."""

    matrix: Matrix = UNCHANGED
    fill: str = "#000000"
    stroke: str = ""
    stroke_width: float = 1.0
    even_odd: bool = False
    drawn: bool = True


@dataclass(slots=True)
class _Found:
    """A shape in user units of the root."""

    curves: list[Curve]
    state: _State


@dataclass
class _Reader:
    """A target of the XML parser: takes elements as they come, so that no tree is ever built."""

    states: list[_State] = field(default_factory=list)
    skipped: int = 0  # depth inside an element that is left out
    elements: int = 0
    segments: int = 0
    left_out: dict[str, None] = field(default_factory=dict)
    found: list[_Found] = field(default_factory=list)
    root: Mapping[str, str] | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.elements += 1
        if self.elements > MAX_ELEMENTS:
            raise DrawingRefused("svg-too-complex", most=f"{MAX_ELEMENTS:,}", what="elements")
        if len(self.states) + self.skipped >= MAX_DEPTH:
            raise DrawingRefused("svg-too-complex", most=MAX_DEPTH, what="levels of groups")
        if self.skipped:
            self.skipped += 1
            return
        namespace, _, name = tag.rpartition("}")
        given = _own(attributes)
        if self.root is None:
            if name != "svg":
                raise DrawingRefused("svg-broken", what="its outermost element is not svg")
            self.root = given
            self.states.append(self._within(_State(), given, attributes))
            return
        ours = namespace in ("", "{http://www.w3.org/2000/svg")
        if not ours or (name != "g" and name not in SHAPES):
            self._leave_out(name if ours else "")
            return
        state = self._within(self.states[-1], given, attributes)
        self.states.append(state)
        if name in SHAPES and state.drawn and (state.fill or state.stroke):
            self._draw(name, given, state)

    def end(self, tag: str) -> None:
        if self.skipped:
            self.skipped -= 1
        else:
            self.states.pop()

    def data(self, text: str) -> None:
        """Letters between elements are not drawn."""

    def close(self) -> None:
        """Nothing is left to do."""

    def _leave_out(self, name: str) -> None:
        self.skipped = 1
        if name and name not in _SILENT:
            self.left_out[_LEFT_OUT.get(name, "what is no path, shape or group")] = None

    def _within(self, above: _State, given: Mapping[str, str], attributes: Mapping[str, str]) -> _State:
        self._note(given, attributes)
        state = above
        if "transform" in given:
            state = replace(
                state, matrix=svg_data.times(above.matrix, svg_data.transform(given["transform"]))
            )
        if "fill" in given:
            state = replace(state, fill=self._paint(given["fill"], above.fill))
        if "stroke" in given:
            state = replace(state, stroke=self._paint(given["stroke"], above.stroke))
        if given.get("stroke-width", "inherit") != "inherit":
            state = replace(state, stroke_width=svg_data.length(given["stroke-width"]))
        if given.get("fill-rule", "inherit") != "inherit":
            state = replace(state, even_odd=given["fill-rule"] == "evenodd")
        if given.get("display") == "none" or given.get("visibility") in ("hidden", "collapse"):
            state = replace(state, drawn=False)
        return state

    def _note(self, given: Mapping[str, str], attributes: Mapping[str, str]) -> None:
        """Remember what of the attributes is left out."""
        for name in attributes:
            if name.lower().startswith("on"):
                self.left_out[HANDLERS] = None
        for name, words in _ATTRIBUTES.items():
            if given.get(name, "none") != "none":
                self.left_out[words] = None
        for name, (plain, words) in _PLAIN.items():
            if given.get(name, plain) not in (plain, "inherit", "1.0", "0 0"):
                self.left_out[words] = None

    def _paint(self, text: str, above: str) -> str:
        """`#rrggbb`, or nothing for none. What is no plain colour is drawn black, and told."""
        text = text.strip()
        if text == "inherit":
            return above
        if text in ("none", "transparent"):
            return ""
        see_through = _SEE_THROUGH.match(text)
        if see_through is not None:
            if float(see_through[2]) == 0:
                return ""
            self.left_out["transparency"] = None
            text = f"rgb({see_through[1]})"
        try:
            red, green, blue = ImageColor.getrgb(text[:100])[:3]
        except ValueError:
            if text.lower() != "currentcolor":
                self.left_out[GRADIENTS] = None
            return "#000000"
        return f"#{red:02x}{green:02x}{blue:02x}"

    def _draw(self, name: str, given: Mapping[str, str], state: _State) -> None:
        left = MAX_SEGMENTS - self.segments
        try:
            curves = (
                svg_data.path(given.get("d", ""), most=left)
                if name == "path"
                else svg_data.basic_shape(name, given)
            )
        except TooMany as error:
            raise _too_many_points() from error
        self.segments += len(curves)
        if self.segments > MAX_SEGMENTS:
            raise _too_many_points()
        if name == "line":
            state = replace(state, fill="")
        if curves and (state.fill or state.stroke):
            self.found.append(_Found(curves, state))

    # --- the end ------------------------------------------------------------------------------------------

    def drawing(self) -> tuple[Drawing, tuple[str, ...]]:
        left, top, width, height = self._frame()
        scale = LONGER_SIDE / max(width, height)
        frame: Matrix = (scale, 0.0, 0.0, scale, -left * scale, -top * scale)
        across, down = round(width * scale), round(height * scale)
        shapes: list[Shape] = []
        for found in self.found:
            shapes += self._shapes(found, svg_data.times(frame, found.state.matrix))
        seen = [shape for shape in shapes if touches(shape, Box(0, 0, across, down))]
        words = tuple(self.left_out)
        if not seen:
            but = f"; left out: {', '.join(words)}" if words else ""
            raise DrawingRefused("svg-empty", but=but)
        return Drawing(max(1, across), max(1, down), tuple(seen)), words

    def _frame(self) -> _Box:
        """Left, top, width and height of what is shown, in user units of the root."""
        root = self.root or {}
        if "viewBox" in root:
            box = svg_data.numbers(root["viewBox"], most=4)
            if len(box) == 4 and box[2] > 0 and box[3] > 0:
                return self._in_proportion(box[0], box[1], box[2], box[3])
        try:
            width, height = svg_data.length(root.get("width", "")), svg_data.length(root.get("height", ""))
        except Unreadable as error:
            raise DrawingRefused("svg-size") from error
        return self._in_proportion(0.0, 0.0, width, height)

    def _in_proportion(self, left: float, top: float, width: float, height: float) -> _Box:
        if min(width, height) <= 0 or max(width, height) / min(width, height) > MAX_ASPECT:
            raise DrawingRefused("svg-size")
        return left, top, width, height

    def _shapes(self, found: _Found, matrix: Matrix) -> Iterable[Shape]:
        path = _whole(found.curves, matrix)
        state = found.state
        if state.fill:
            try:
                yield Shape(non_zero(_closed(path)) if state.even_odd else _closed(path), state.fill)
            except Crossing as error:
                raise DrawingRefused("svg-even-odd") from error
        if state.stroke and state.stroke_width > 0:
            mean, uneven = svg_data.stretch(matrix)
            if uneven > 1.05:
                self.left_out[UNEVEN] = None
            yield Shape(path, state.stroke, max(1, round(state.stroke_width * mean)))


def _too_many_points() -> DrawingRefused:
    return DrawingRefused("svg-too-complex", most=f"{MAX_SEGMENTS:,}", what="lines and curves")


def _own(attributes: Mapping[str, str]) -> dict[str, str]:
    """Attributes without their namespaces; those of a `style` over those beside it, as in CSS."""
    given = {name.rpartition("}")[2]: value for name, value in attributes.items()}
    for declaration in given.pop("style", "").split(";"):
        name, _, value = declaration.partition(":")
        if name.strip() in _STYLED:
            given[name.strip()] = value.replace("!important", "").strip()
    return given


def _whole(curves: list[Curve], matrix: Matrix) -> Path:
    """The curves in whole units of the frame; raises `DrawingRefused` where they are far outside of it."""
    path: list[Segment] = []
    for curve in curves:
        values: list[int] = []
        for point in curve[1:]:
            for value in svg_data.applied(matrix, point):  # type: ignore[arg-type]
                if abs(value) > 100 * LONGER_SIDE:
                    raise DrawingRefused("svg-broken", what="a point lies far outside of its frame")
                values.append(round(value))
        path.append((curve[0], *values))
    return tuple(path)


def _closed(path: Path) -> Path:
    """Filling closes every part; written out, so that every machine sees it."""
    made: list[Segment] = []
    for index, segment in enumerate(path):
        made.append(segment)
        last = index + 1 == len(path) or path[index + 1][0] == "M"
        if last and segment[0] != "Z":
            made.append(("Z",))
    return tuple(made)

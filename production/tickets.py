"""The job ticket: what a run is, its way over the machines, its material and its pieces, on paper (A4).

Text is drawn as the outlines that HarfBuzz gives, as on the products: a name in Arabic or
Hebrew stands on the ticket as its owner wrote it. Same run, same bytes.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.renderPDF import draw
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box, Path
from configurator.engine.layout.text import TextFrame, set_text

LEFT, RIGHT, TOP, BOTTOM = 16.0, 194.0, 283.0, 16.0  # mm
CAPITALS = 2.1  # mm, the size of running text
ROW = 6.2  # mm
LINE = 4.4  # mm, from line to line of wrapped text
SMALL = 1.3  # mm, capitals of names on sketches
SKETCH, SKETCH_WIDTH = 34.0, 85.0  # mm, height and greatest width of a sheet's sketch
PICTURE = 18.0  # mm
LETTER = 1.5  # mm, a letter's mean width in running text
UM = 1000
POINTS_PER_UM = mm / UM


@dataclass(frozen=True)
class Table:
    """``columns``: (heading, width in mm); texts longer than their column are drawn smaller."""

    title: str
    columns: tuple[tuple[str, float], ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class SheetSketch:
    """A sheet in small; sizes and ``parts`` (left, bottom, width, height, name) in millimetres. ``outlines``
    are the corners of parts that are no rectangles, by their number."""

    title: str
    width: float
    height: float
    parts: tuple[tuple[float, float, float, float, str], ...]
    outlines: Mapping[int, tuple[tuple[float, float], ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Member:
    """The pieces of a line; ``picture`` is a JPEG, empty where there is none."""

    name: str
    pieces: str
    product: str
    words: str
    choices: str
    picture: bytes = b""


@dataclass(frozen=True)
class Ticket:
    """What stands on it; ``code`` goes into the QR code."""

    title: str
    subtitle: str
    code: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    sheets: tuple[SheetSketch, ...] = ()
    members: tuple[Member, ...] = ()


@cache
def _fonts() -> FontLibrary:
    return FontLibrary.installed()


def pdf(ticket: Ticket) -> bytes:
    """The ticket as PDF; as many pages as it takes, each with title and number."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle(ticket.title)
    paper = _Paper(canvas, ticket)
    paper.facts(ticket.facts)
    for table in ticket.tables:
        paper.table(table)
    paper.sheets(ticket.sheets)
    paper.members(ticket.members)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def wrapped(text: str, *, width: float) -> list[str]:
    """The text in lines of about ``width`` mm; a line that turns out wider is drawn a little smaller."""
    return textwrap.wrap(" ".join(text.split()), width=max(int(width / LETTER), 10))


class _Paper:
    """Where the pen is; millimetres from the lower left corner."""

    def __init__(self, canvas: Canvas, ticket: Ticket) -> None:
        self.canvas = canvas
        self.ticket = ticket
        self.page = 0
        self.y = TOP
        self._head()

    def _head(self) -> None:
        self.page += 1
        self.y = TOP - 12
        self.text(LEFT, self.y, self.ticket.title, width=120, capitals=7.0, weight=700)
        self.text(LEFT, self.y - 7, self.ticket.subtitle, width=130, capitals=2.6)
        self._code()
        self.text(
            RIGHT - 20,
            BOTTOM - 6,
            f"{self.ticket.title}, page {self.page}",
            width=20,
            capitals=1.6,
            align="right",
        )
        self.y -= 22

    def _code(self) -> None:
        size = 26 * mm
        widget = QrCodeWidget(self.ticket.code, barLevel="M")
        left, bottom, right, top = widget.getBounds()
        picture = Drawing(size, size, transform=[size / (right - left), 0, 0, size / (top - bottom), 0, 0])
        picture.add(widget)
        draw(picture, self.canvas, (RIGHT - 26) * mm, (TOP - 24) * mm)

    def room(self, height: float) -> None:
        """Go on on a new page where ``height`` does not fit any more."""
        if self.y - height < BOTTOM:
            self.canvas.showPage()
            self._head()

    def facts(self, facts: Sequence[tuple[str, str]]) -> None:
        for name, value in facts:
            self.room(ROW)
            self.text(LEFT, self.y, name, width=38, weight=600)
            for line in wrapped(value, width=RIGHT - LEFT - 40):
                self.text(LEFT + 40, self.y, line, width=RIGHT - LEFT - 40)
                self.y -= LINE
            self.y -= ROW - LINE
        self.y -= 3

    def table(self, table: Table) -> None:
        self.room(3 * ROW)
        self.text(LEFT, self.y, table.title, width=120, capitals=2.8, weight=700)
        self.y -= ROW + 1
        self._row(table, tuple(name for name, _ in table.columns), weight=600)
        for row in table.rows:
            if self.y - ROW < BOTTOM:
                self.room(ROW * 2)
                self._row(table, tuple(name for name, _ in table.columns), weight=600)
            self._row(table, row)
        self.y -= 4

    def sheets(self, sheets: Sequence[SheetSketch]) -> None:
        """Small drawings side by side, so that the floor sees which sheet is which."""
        if not sheets:
            return
        self.room(SKETCH + 3 * ROW)
        self.text(LEFT, self.y, "Sheets", width=120, capitals=2.8, weight=700)
        self.y -= ROW
        x = LEFT
        for sheet in sheets:
            scale = min(SKETCH / sheet.height, SKETCH_WIDTH / sheet.width)
            if x + sheet.width * scale > RIGHT:
                x, self.y = LEFT, self.y - SKETCH - ROW - 2
                self.room(SKETCH + ROW)
            self._sketch(sheet, x, self.y - SKETCH, scale)
            x += max(sheet.width * scale, 40) + 6
        self.y -= SKETCH + 2 * ROW

    def _sketch(self, sheet: SheetSketch, x: float, y: float, scale: float) -> None:
        self.canvas.setLineWidth(0.7)
        self.canvas.rect(x * mm, y * mm, sheet.width * scale * mm, sheet.height * scale * mm)
        self.canvas.setLineWidth(0.3)
        for number, (left, bottom, width, height, name) in enumerate(sheet.parts):
            at = x + left * scale, y + bottom * scale
            if corners := sheet.outlines.get(number):
                way = self.canvas.beginPath()
                way.moveTo(*((x + corners[0][0] * scale) * mm, (y + corners[0][1] * scale) * mm))
                for across, up in corners[1:]:
                    way.lineTo((x + across * scale) * mm, (y + up * scale) * mm)
                way.close()
                self.canvas.drawPath(way)
                if width * scale * 0.7 > len(name) * SMALL * 0.75 and height * scale > 4 * SMALL:
                    middle = at[0] + width * scale * 0.15, at[1] + height * scale / 2
                    self.text(*middle, name, width=width * scale * 0.7, capitals=SMALL)
                continue
            self.canvas.rect(at[0] * mm, at[1] * mm, width * scale * mm, height * scale * mm)
            if width * scale > len(name) * SMALL * 0.75 and height * scale > 2 * SMALL:
                self.text(at[0] + 0.6, at[1] + 0.7, name, width=width * scale, capitals=SMALL)
        self.text(x, y - 4, sheet.title, width=max(sheet.width * scale, 40), capitals=1.6)

    def members(self, members: Sequence[Member]) -> None:
        """The lines with their pictures: what is on them, then what was chosen."""
        if not members:
            return
        self.room(PICTURE + 3 * ROW)
        self.text(LEFT, self.y, "Pieces", width=120, capitals=2.8, weight=700)
        self.y -= 3
        for member in members:
            lines = wrapped(member.choices, width=RIGHT - LEFT - PICTURE - 6)
            height = max(PICTURE + 2, ROW * (2 if member.words else 1) + LINE * len(lines) + 4)
            self.room(height)
            self._member(member, lines)
            self.y -= height
            self.canvas.setLineWidth(0.3)
            self.canvas.line(LEFT * mm, self.y * mm, RIGHT * mm, self.y * mm)

    def _member(self, member: Member, lines: Sequence[str]) -> None:
        x, y, width = LEFT + PICTURE + 4, self.y - 5.5, RIGHT - LEFT - PICTURE - 6
        if member.picture:
            self.canvas.drawImage(
                ImageReader(io.BytesIO(member.picture)),
                LEFT * mm,
                (self.y - PICTURE - 1) * mm,
                width=PICTURE * mm,
                height=PICTURE * mm,
                preserveAspectRatio=True,
            )
        self.text(x, y, f"{member.name}   {member.product}", width=width - 50, weight=700)
        self.text(RIGHT - 50, y, member.pieces, width=50, align="right")
        if member.words:
            y -= ROW
            self.text(x, y, member.words, width=width, weight=600)
        for line in lines:
            y -= LINE
            self.text(x, y, line, width=width, capitals=1.8)

    def _row(self, table: Table, cells: Sequence[str], weight: int = 400) -> None:
        x = LEFT
        for cell, (_, width) in zip(cells, table.columns, strict=True):
            self.text(x, self.y, cell, width=width - 2, weight=weight)
            x += width
        self.canvas.setLineWidth(0.9 if weight > 400 else 0.3)
        self.canvas.line(LEFT * mm, (self.y - 2) * mm, RIGHT * mm, (self.y - 2) * mm)
        self.y -= ROW

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        width: float,
        capitals: float = CAPITALS,
        weight: int = 400,
        align: str = "left",
    ) -> None:
        """One line with its baseline at ``y``; drawn smaller where it is wider than ``width``."""
        if not text.strip():
            return
        box = Box(0, 0, int(width * UM), int(capitals * 2.4 * UM))
        frame = TextFrame(
            element="ticket",
            font=f"noto-sans:{weight}",
            box=box,
            align="right" if align == "right" else "left",
            valign="middle",
            size_um=int(capitals * UM),
            min_size_um=900,
        )
        shape = set_text(" ".join(text.split()), frame=frame, fonts=_fonts())
        # The frame's middle is half a capital above the baseline.
        self._outline(shape.path, x * mm, y * mm + (box.height + capitals * UM) / 2 * POINTS_PER_UM)

    def _outline(self, path: Path, left: float, top: float) -> None:
        pen = self.canvas.beginPath()
        at = (0.0, 0.0)
        for command, *numbers in path:
            points = [
                (left + numbers[i] * POINTS_PER_UM, top - numbers[i + 1] * POINTS_PER_UM)
                for i in range(0, len(numbers), 2)
            ]
            if command == "M":
                pen.moveTo(*points[0])
            elif command == "L":
                pen.lineTo(*points[0])
            elif command == "C":
                pen.curveTo(*points[0], *points[1], *points[2])
            elif command == "Q":  # a quadratic curve as the cubic one that is equal to it
                (cx, cy), (ex, ey) = points
                pen.curveTo(
                    at[0] + (cx - at[0]) * 2 / 3, at[1] + (cy - at[1]) * 2 / 3,
                    ex + (cx - ex) * 2 / 3, ey + (cy - ey) * 2 / 3, ex, ey,
                )  # fmt: skip
            else:
                pen.close()
                continue
            at = points[-1]
        self.canvas.drawPath(pen, stroke=0, fill=1, fillMode=1)

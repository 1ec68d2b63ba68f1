"""The job ticket: what a run is, its way over the machines, its material and its pieces, on paper (A4).

Text is drawn as the outlines that HarfBuzz gives, as on the products: a name in Arabic or
Hebrew stands on the ticket as its owner wrote it. Same run, same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.renderPDF import draw
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box, Path
from configurator.engine.layout.text import TextFrame, set_text

LEFT, RIGHT, TOP, BOTTOM = 16.0, 194.0, 283.0, 16.0  # mm
CAPITALS = 2.1  # mm, the size of running text
ROW = 6.2  # mm
UM = 1000
POINTS_PER_UM = mm / UM


@dataclass(frozen=True)
class Table:
    """``columns``: (heading, width in mm); texts longer than their column are drawn smaller."""

    title: str
    columns: tuple[tuple[str, float], ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Ticket:
    """What stands on it; ``code`` goes into the QR code."""

    title: str
    subtitle: str
    code: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]


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
    canvas.showPage()
    canvas.save()
    return out.getvalue()


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
            self.text(LEFT + 40, self.y, value, width=RIGHT - LEFT - 40)
            self.y -= ROW
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

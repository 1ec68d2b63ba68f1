"""The job ticket: a line a member, its picture, sheets in small, nothing cut off."""

import io

import pikepdf
from PIL import Image

from production import tickets
from production.files import spans


def ticket(**parts: object) -> tickets.Ticket:
    facts = (("Why together", "They share a sheet. " * 30),)
    return tickets.Ticket(title="R-1", subtitle="Laser", code="run_1", facts=facts, tables=(), **parts)  # type: ignore[arg-type]


def jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "red").save(out, "JPEG")
    return out.getvalue()


def member(picture: bytes = b"") -> tickets.Member:
    return tickets.Member("A-1/1", "pieces 1-3 of 3", "Sign", "Anna & Bo", "Walnut, " * 40, picture)


def opened(made: tickets.Ticket) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(tickets.pdf(made)))


def test_consecutive_pieces_are_written_together() -> None:
    assert spans([3, 1, 2, 7]) == "1-3, 7"
    assert spans([4]) == "4"


def test_long_text_is_wrapped_not_made_illegible() -> None:
    lines = tickets.wrapped("Walnut, 300 × 180 mm, " * 20, width=100)
    assert len(lines) > 3 and max(map(len, lines)) <= 100 / tickets.LETTER


def test_each_line_shows_its_picture() -> None:
    with opened(ticket(members=(member(jpeg()),))) as document:
        (page,) = document.pages
        assert len(page.get_images()) == 1


def test_many_lines_and_sheets_go_on_on_further_pages() -> None:
    sheet = tickets.SheetSketch("1: Walnut", 600, 400, ((5, 5, 300, 180, "1/1 #1"),))
    made = ticket(sheets=(sheet,) * 14, members=(member(),) * 30)
    with opened(made) as document:
        assert len(document.pages) >= 4


def test_the_same_run_gives_the_same_bytes() -> None:
    made = ticket(members=(member(jpeg()),))
    assert tickets.pdf(made) == tickets.pdf(made)

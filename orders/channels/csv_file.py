"""Orders from a file of comma-separated values: one row is one order of one design.

Columns are the codes of the family's options; ``quantity`` (or ``nombre``), ``name``,
``email`` and the address are the order's own, columns whose name begins with ``row``
are the sender's and are left alone. What a row leaves open is completed as the engine
does it, but for texts: no name is made up. Each row stands alone: it becomes an order
through ``checkout.place``, or it is refused with everything that is wrong with it. The
same file again gives the same orders.
"""

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from configurator.catalogue import Compiled, compiled
from configurator.designs import Incomplete, NotOnSale, read_changes
from configurator.engine.choices import ChoiceError
from configurator.engine.domains import Undecided
from configurator.engine.spec import Choice, FamilySpec
from configurator.examination import UNFORESEEN
from configurator.freezing import NotMakeable, freeze_choices
from configurator.models import Family, Version
from configurator.quotes import quote
from ledger.entries import record
from orders.checkout import CheckoutRefused, CustomerData, Item, place
from orders.models import ImportReport, ImportRow, Order

MAX_ROWS = 20_000
DELIMITERS = ",;\t|"
QUANTITY = ("quantity", "nombre")
CUSTOMER = ("name", "email", "address_line", "postal_code", "city", "country")
SENDERS_OWN = "row"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WRONG_WIDTH = "\0width"  # no column can be called so

Problem = dict[str, str]  # code, where, message


class ImportRefused(Exception):
    """The file as a whole cannot be read as orders of this family: every reason at once."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = tuple(reasons)


@dataclass(frozen=True)
class _Row:
    number: int  # line of the file; the heading is line 1
    cells: Mapping[str, str]


@dataclass(frozen=True)
class _Import:
    """What all rows of a file share."""

    report: ImportReport
    version: Version
    family: Compiled
    fingerprint: str
    customer: CustomerData
    owner: User | None
    actor: str
    now: datetime

    @property
    def session_key(self) -> str:
        """Whose designs these are when no account imports: the file's own, opened by nobody."""
        return "" if self.owner is not None else f"csv_{self.fingerprint[:32]}"


class _RowRefused(Exception):
    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__()
        self.problems = list(problems)


def import_orders(
    *,
    text: str | bytes,
    family: Family,
    actor: str,
    now: datetime,
    customer: CustomerData | None = None,
    owner: User | None = None,
    filename: str = "",
) -> ImportReport:
    """Take in a file. ``customer`` fills what a row does not say about who orders.

    Raises ``ImportRefused`` (unreadable, unknown columns) and ``NotOnSale``; rows with faults do not
    raise, the report has them.
    """
    on_sale = Version.objects.sellable().select_related("family").filter(family=family)
    version = on_sale.filter(family__current=F("pk")).first()
    if version is None:
        raise NotOnSale(f"{family.name} is not on sale at present.")
    compiled_family = compiled(version, timezone.localdate(now))
    content = decode(text)
    rows = _read(content, compiled_family.spec)
    fingerprint = hashlib.sha256(f"{family.code}\n{content}".encode()).hexdigest()
    with transaction.atomic():
        report = ImportReport.objects.create(
            version=version, filename=filename[:200], actor=actor, created_at=now
        )
        record(
            stream=f"import:{report.pk}",
            kind="orders.imported",
            actor=actor,
            data={
                "family": family.code,
                "version": version.number,
                "rows": len(rows),
                "content": fingerprint,
            },
            now=now,
        )
    task = _Import(
        report=report,
        version=version,
        family=compiled_family,
        fingerprint=fingerprint,
        customer=customer or CustomerData(name="", email=""),
        owner=owner,
        actor=actor,
        now=now,
    )
    for row in rows:
        _take_in(row, task)
    return report


def decode(data: str | bytes) -> str:
    """The text of a file as spreadsheets write it: UTF-8 or UTF-16 with its mark, or Windows' Latin.

    Raises ``ImportRefused`` for what is no text."""
    text = (data if isinstance(data, str) else _decoded(data)).removeprefix("\ufeff")
    if "\0" in text:
        raise ImportRefused(["This is not a text file: it has NUL characters. Save it as CSV (UTF-8)."])
    return text


def _decoded(data: bytes) -> str:
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ImportRefused(["The characters of this file cannot be read: save it as CSV (UTF-8)."])


def _read(text: str, spec: FamilySpec) -> list[_Row]:
    """The rows of the file, after its heading made sense."""
    if not text.strip():
        raise ImportRefused(["The file is empty."])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        table = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as fault:
        raise ImportRefused([f"Line {reader.line_num} cannot be read: {fault}."]) from fault
    heading = [cell.strip() for cell in table[0][1]]
    _check_heading(heading, spec)
    if len(table) - 1 > MAX_ROWS:
        raise ImportRefused([f"The file has {len(table) - 1} rows; send at most {MAX_ROWS} at once."])
    return [_Row(number, _cells(heading, cells)) for number, cells in table[1:]]


def _delimiter(text: str) -> str:
    """The character that splits the heading into most cells; a comma when none does."""
    heading = text.lstrip("\r\n").splitlines()[0]
    return max(DELIMITERS, key=heading.count) if any(mark in heading for mark in DELIMITERS) else ","


def _cells(heading: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    named = {name: _unmarked(cell.strip()) for name, cell in zip(heading, cells, strict=False)}
    if len(cells) != len(heading):
        named[_WRONG_WIDTH] = f"The row has {len(cells)} cells, the heading {len(heading)}."
    return named


def _unmarked(cell: str) -> str:
    """A cell that was marked as text (``'=1+1``), as spreadsheets and our own reports do, without its
    mark. Cells are only ever taken as text: a formula is never computed."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA else cell


def _check_heading(heading: Sequence[str], spec: FamilySpec) -> None:
    reasons = []
    unknown = [name for name in heading if not _is_known(name, spec)]
    if unknown:
        reasons.append(
            f"These columns mean nothing here: {', '.join(name or '(empty)' for name in unknown[:20])}. "
            f"Columns are option codes ({', '.join(list(spec.option_by_code)[:12])} ...), "
            f"{QUANTITY[0]}, {', '.join(CUSTOMER)}, or begin with '{SENDERS_OWN}'."
        )
    twice = sorted({name for name in heading if heading.count(name) > 1})
    if twice:
        reasons.append(f"These columns are there twice: {', '.join(twice)}.")
    if not any(name in spec.option_by_code for name in heading):
        reasons.append("No column is an option of the family: is the first line the heading?")
    if reasons:
        raise ImportRefused(reasons)


def _is_known(name: str, spec: FamilySpec) -> bool:
    own = name in QUANTITY or name in CUSTOMER or name.startswith(SENDERS_OWN)
    return name in spec.option_by_code or own


def _take_in(row: _Row, task: _Import) -> None:
    """Make an order of a row, or note why not; each row in a transaction of its own."""
    try:
        with transaction.atomic():
            ImportRow.objects.create(report=task.report, row=row.number, order=_order(row, task))
    except Undecided:
        problems = [_problem("undecided", "", "The rules are too hard to decide about this row.")]
        ImportRow.objects.create(report=task.report, row=row.number, problems=problems)
    except _RowRefused as refusal:
        ImportRow.objects.create(report=task.report, row=row.number, problems=refusal.problems)


def _order(row: _Row, task: _Import) -> Order:
    quantity, choices = _read_row(row, task)
    try:
        design = freeze_choices(
            version=task.version,
            choices=choices,
            owner_id=task.owner.pk if task.owner is not None else None,
            session_key=task.session_key,
            actor=task.actor,
            now=task.now,
        )
        offer = quote(design=design, quantity=quantity, now=task.now)
        return place(
            items=[Item(design, quantity)],
            customer=_customer(row, task),
            quotes={design.id: offer.token},
            idempotency_key=f"csv:{task.fingerprint}:{row.number}",
            owner=task.owner,
            session_key=task.session_key,
            actor=task.actor,
            now=task.now,
            channel="csv",
        )
    except UNFORESEEN as fault:
        raise _RowRefused([_problem("not-makeable", "", str(fault))]) from fault
    except Incomplete as refusal:
        raise _RowRefused(
            [_problem("missing", code, "This has to be given.") for code in refusal.missing]
        ) from refusal
    except NotMakeable as refusal:
        raise _RowRefused(
            [_problem(finding.code, finding.element, finding.message) for finding in refusal.findings]
        ) from refusal
    except CheckoutRefused as refusal:
        raise _RowRefused(
            [_problem(problem.code, problem.where, problem.message) for problem in refusal.problems]
        ) from refusal


def _read_row(row: _Row, task: _Import) -> tuple[int, dict[str, Choice]]:
    """Quantity and choices of a row, completed as far as the engine can. Raises ``_RowRefused`` with
    everything that is wrong; for choices that contradict each other, the rules that they break."""
    spec, kernel = task.family.spec, task.family.kernel
    problems: list[Problem] = []
    if _WRONG_WIDTH in row.cells:
        problems.append(_problem("row-width", "", row.cells[_WRONG_WIDTH]))
    quantity = _quantity(row, spec, problems)
    given = {name: cell for name, cell in row.cells.items() if name in spec.option_by_code and cell != ""}
    choices: dict[str, Choice] = {}
    try:
        read = read_changes(spec, {code: _cell(spec, code, cell) for code, cell in given.items()})
        choices = {code: value for code, value in read.items() if value is not None}
    except ChoiceError as fault:
        problems += [_problem("choice", problem.option, problem.message) for problem in fault.problems]
    problems += _settle_texts(spec, given, choices)
    if not problems:
        problems += [
            _problem("rule", broken.rule, broken.message or f"Concerns {', '.join(broken.options)}.")
            for broken in kernel.violations(choices)
        ]
    if problems:
        raise _RowRefused(problems)
    return quantity, kernel.complete(choices) or choices


def _cell(spec: FamilySpec, code: str, cell: str) -> str:
    """What a cell says: several values are parted by commas or semicolons, `none` is none of them."""
    option = spec.option_by_code[code]
    if option.kind != "multiple":
        return cell
    return "" if cell.strip().lower() == "none" else cell.replace(";", ",")


def _settle_texts(spec: FamilySpec, given: Mapping[str, str], choices: dict[str, Choice]) -> list[Problem]:
    """A text that was left out is empty where it may be, and missing where it may not."""
    missing: list[Problem] = []
    for option in spec.options:
        if option.kind == "text" and option.code not in given:
            if option.required:
                missing.append(_problem("missing", option.code, "This has to be given."))
            else:
                choices[option.code] = ""
    return missing


def _quantity(row: _Row, spec: FamilySpec, problems: list[Problem]) -> int:
    columns = [name for name in QUANTITY if name in row.cells and name not in spec.option_by_code]
    text = row.cells[columns[0]] if columns else ""
    if text == "":
        return 1
    if text.isascii() and text.isdecimal() and len(text) <= 6 and int(text) >= 1:
        return int(text)
    problems.append(_problem("quantity", columns[0], "The quantity has to be a whole number from 1."))
    return 1


def _customer(row: _Row, task: _Import) -> CustomerData:
    known = task.family.spec.option_by_code
    said = {name: row.cells[name] for name in CUSTOMER if row.cells.get(name) and name not in known}
    return replace(task.customer, **said)


def _problem(code: str, where: str, message: str) -> Problem:
    return {"code": code, "where": where, "message": message}


def report_csv(report: ImportReport) -> str:
    """The report as a file for a spreadsheet: row, order number, problems. Nothing in it computes."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["row", "order", "problems"])
    for row in report.rows.select_related("order"):
        said = " ".join(_said(problem) for problem in row.problems)
        writer.writerow([row.row, row.order.number if row.order else "", safe_cell(said)])
    return out.getvalue()


def safe_cell(text: Any) -> str:
    """A cell that a spreadsheet will not take for a formula."""
    cell = str(text)
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def summary(report: ImportReport) -> Iterator[str]:
    """The report as lines for a terminal."""
    rows = list(report.rows.select_related("order"))
    placed = [row for row in rows if row.order is not None]
    yield f"{len(placed)} of {len(rows)} rows became orders, {len(rows) - len(placed)} were refused."
    for row in rows:
        for problem in row.problems:
            yield f"row {row.row}: {_said(problem)}"


def _said(problem: Problem) -> str:
    return f"[{problem['code']}] {problem['where']} {problem['message']}"

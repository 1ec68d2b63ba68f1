"""Operators and tools that a promise needs besides a machine."""

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence

from production.engine.shop import Shop

Span = tuple[int, int]


class People:
    """What operators and tools are taken by. ``copy`` shares what nobody changes."""

    __slots__ = ("_busy", "_tools", "shop")

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._busy: dict[str, list[Span]] = {}
        self._tools: dict[str, list[Span]] = {}

    def copy(self) -> "People":
        twin = People(self.shop)
        twin._busy = {code: list(spans) for code, spans in self._busy.items()}
        twin._tools = {code: list(spans) for code, spans in self._tools.items()}
        return twin

    def take(self, *, operator: str, spans: Iterable[Span], tool: str, whole: Span) -> None:
        if operator:
            for span in spans:
                insort(self._busy.setdefault(operator, []), span)
        if tool:
            insort(self._tools.setdefault(tool, []), whole)

    def give(self, *, operator: str, spans: Iterable[Span], tool: str, whole: Span) -> None:
        if operator:
            for span in spans:
                self._busy[operator].remove(span)
        if tool:
            self._tools[tool].remove(whole)

    def attend(self, skill: str, spans: Sequence[Span]) -> tuple[str, int | None]:
        """Who is there for all of the spans, or nobody and the first moment at or after the first span's
        beginning from which it is worth trying again (None: never)."""
        again: int | None = None
        for operator in self.shop.operators_of.get(skill, ()):
            calendar = self.shop.intervals.get(operator.calendar, ())
            taken = self._busy.get(operator.code, [])
            later: int | None = spans[0][0]
            for span in spans:
                moment = _free_from(calendar, taken, span[0], span[1] - span[0])
                if moment != span[0]:
                    later = None if moment is None else spans[0][0] + moment - span[0]
                    break
            else:
                return operator.code, None
            if later is not None and (again is None or later < again):
                again = later
        return "", again

    def tool_at(self, tool: str, span: Span) -> int | None:
        """The first moment at or after the span's beginning when one of the tools is free for its length;
        None: never."""
        known = self.shop.tool.get(tool)
        if known is None or known.count < 1:
            return None
        taken = self._tools.get(tool, [])
        begin, length = span[0], span[1] - span[0]
        while True:
            meeting = [each for each in taken if each[0] < begin + length and each[1] > begin]
            if _most_at_once(meeting) < known.count:
                return begin
            begin = min(end for _, end in meeting if end > begin)


def _free_from(calendar: Sequence[Span], taken: Sequence[Span], since: int, length: int) -> int | None:
    """The first moment from which the whole length is worked and not taken."""
    for opens, closes in calendar[max(bisect_right(calendar, (since, 1 << 62)) - 1, 0) :]:
        begin = max(opens, since)
        for start, end in taken:
            if end <= begin:
                continue
            if start >= begin + length:
                break
            begin = end
        if begin + length <= closes:
            return begin
    return None


def _most_at_once(spans: Sequence[Span]) -> int:
    edges = sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans])
    most = now = 0
    for _, change in edges:
        now += change
        most = max(most, now)
    return most


def needs_of(attended: str, start: int, worked: Sequence[Span]) -> list[Span]:
    """The spans in which an operator has to be there: of the ``worked`` time of set-up and work, all or only
    what comes before ``start``."""
    if attended == "run":
        return list(worked)
    if attended == "setup":
        return [(begin, min(end, start)) for begin, end in worked if begin < start]
    return []

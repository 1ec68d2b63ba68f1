"""Clauses being written."""

from collections.abc import Iterable

from configurator.engine.compiled import FALSE, TRUE, Clause


class Clauses:
    """Clauses being written; true and false literals are folded away at once."""

    def __init__(self) -> None:
        self.top = TRUE
        self.all: list[Clause] = [(TRUE,)]

    def new(self) -> int:
        self.top += 1
        return self.top

    def add(self, literals: Iterable[int]) -> None:
        clause = tuple(dict.fromkeys(literal for literal in literals if literal != FALSE))
        if TRUE not in clause:
            self.all.append(clause or (FALSE,))

    def take_back(self, count: int, top: int) -> None:
        """Only the first `count` clauses and the literals up to `top` have been written."""
        del self.all[count:]
        self.top = top

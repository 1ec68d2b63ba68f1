"""What a decision diagram adds to an answer: how many configurations are left, and their lowest prices."""

from collections.abc import Mapping
from dataclasses import fields, replace
from decimal import Decimal

from configurator.engine.answers import Answer
from configurator.engine.compiled import Knowledge
from configurator.engine.diagram import Diagram
from configurator.engine.spec import OptionSpec


class Counting:
    """Counts for one compiled family; raises `ValueError` for a diagram of another one."""

    def __init__(self, knowledge: Knowledge, diagram: Diagram) -> None:
        if diagram.codes != tuple(knowledge.variables):
            raise ValueError(f"the diagram is not of {knowledge.spec.name}: it has other variables")
        self.options = tuple(o for o in knowledge.spec.options if o.kind in ("choice", "switch", "multiple"))
        self.diagram = diagram

    @property
    def bytes(self) -> int:
        """What the diagram's arrays take in memory."""
        arrays = self.diagram.arrays
        return sum(getattr(arrays, each.name).nbytes for each in fields(arrays))

    def count(self, evidence: Mapping[int, int]) -> int:
        """How many configurations have what `evidence` says: an index by the position of a variable."""
        return self.diagram.read(evidence, values=False).count

    def counted(self, answer: Answer, evidence: Mapping[int, int], *, quantity: int) -> Answer:
        """The answer with counts and lowest prices; prices are of one of `quantity` pieces."""
        priced = self.diagram.cents is not None
        reading = self.diagram.read(evidence, quantity=quantity, values=priced)
        options = dict(answer.options)
        for option in self.options if reading.value_from_prices else ():
            prices = _prices(option, reading.value_from_prices)
            if prices:
                options[option.code] = replace(options[option.code], from_prices=prices)
        return replace(answer, options=options, remaining=reading.count, from_price=reading.from_price)


def _prices(option: OptionSpec, by_variable: Mapping[str, tuple[Decimal | None, ...]]) -> dict[str, Decimal]:
    """The lowest price with each value that can be had."""
    if option.kind == "multiple":
        found = [by_variable[f"{option.code}.{code}"][1] for code in option.codes]
    else:
        found = list(by_variable[option.code])
    return {code: price for code, price in zip(option.codes, found, strict=True) if price is not None}

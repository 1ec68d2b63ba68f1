"""No more material is used than there is."""

from collections import Counter
from collections.abc import Iterator

from production.engine.certificate.findings import Breach
from production.engine.proposal import Problem, Proposal
from production.engine.work import Unit


def check(problem: Problem, proposal: Proposal, units: dict[str, Unit]) -> Iterator[Breach]:
    needed: Counter[str] = Counter()
    for claim in problem.claims:
        needed[claim.material] += claim.quantity
    promised = Counter(needed)
    for run in proposal.runs:
        for sheet in run.sheets:
            needed[sheet.material] += 1
        for unit in run.units:
            for use in units[unit].materials if unit in units else ():
                needed[use.material] += use.quantity
    stocks = {stock.material: stock for stock in problem.shop.materials}
    for material, quantity in sorted(needed.items()):
        stock = stocks.get(material)
        if stock is None:
            yield Breach("material-unknown", material, "The shop does not keep it.")
        elif quantity > max(stock.on_hand, promised[material]):
            yield Breach("material-overbooked", material, f"{quantity} needed, {stock.on_hand} free.")

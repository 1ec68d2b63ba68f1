"""Families whose rules are hard, for tests: eleven pigeons in ten holes. Nothing short of trying very much
shows a SAT solver that they do not fit.
"""

from itertools import combinations


def pigeons(*, when: str = "", count: int = 11, holes: int = 10) -> str:
    """A family file. Every pigeon sits in a hole and no two sit in one; with `when="crowd"` only where the
    switch of that name is on, so that the family as it comes is easy and possible.
    """
    values = ", ".join(f"{{code: h{hole}, name: Hole {hole}}}" for hole in range(holes))
    condition = f"{when} => " if when else ""
    switch = [f"  - {{code: {when}, name: Crowd, kind: switch}}"] if when else []
    options = [
        f"  - {{code: p{number}, name: Pigeon {number}, kind: choice, values: [{values}]}}"
        for number in range(count)
    ]
    rules = [
        f"  - {{code: R{one}-{other}-{hole}, expr: \"{condition}!(p{one} == 'h{hole}' & "
        f"p{other} == 'h{hole}')\", message: One pigeon a hole.}}"
        for one, other in combinations(range(count), 2)
        for hole in range(holes)
    ]
    head = ["family: pigeons", "name: Pigeons", "currency: EUR", 'base_price: "1.00"', "options:"]
    return "\n".join([*head, *switch, *options, "rules:", *rules]) + "\n"

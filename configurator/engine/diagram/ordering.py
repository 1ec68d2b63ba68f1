"""In which order a diagram asks its variables: those that rules connect close together.

FORCE (Aloul, Markov and Sakallah, 2003): every rule pulls its variables towards their common centre, until
the spans of the rules get no shorter. Deterministic: ties keep the order they had.
"""

from collections import defaultdict
from collections.abc import Sequence

ROUNDS = 200

Scope = tuple[int, ...]


def components(count: int, scopes: Sequence[Scope]) -> list[list[int]]:
    """The variables 0..count-1 in groups that no scope connects, each ascending."""
    leader = list(range(count))

    def lead(variable: int) -> int:
        while leader[variable] != variable:
            leader[variable] = leader[leader[variable]]
            variable = leader[variable]
        return variable

    for scope in scopes:
        for variable in scope[1:]:
            one, other = lead(scope[0]), lead(variable)
            leader[max(one, other)] = min(one, other)
    groups: dict[int, list[int]] = defaultdict(list)
    for variable in range(count):
        groups[lead(variable)].append(variable)
    return list(groups.values())


def force(variables: Sequence[int], scopes: Sequence[Scope]) -> list[int]:
    """The variables in an order of short spans, starting with the order given."""
    order = list(variables)
    edges = [scope for scope in dict.fromkeys(scopes) if len(scope) > 1]
    of: dict[int, list[int]] = defaultdict(list)
    for number, scope in enumerate(edges):
        for variable in scope:
            of[variable].append(number)
    best, least = order, span(order, edges)
    for _ in range(ROUNDS):
        place = {variable: index for index, variable in enumerate(order)}
        centres = [sum(place[variable] for variable in scope) / len(scope) for scope in edges]
        pull = {
            variable: sum(centres[number] for number in of[variable]) / len(of[variable])
            if of[variable]
            else float(place[variable])
            for variable in order
        }
        order = sorted(order, key=lambda variable: (pull[variable], place[variable]))
        reached = span(order, edges)
        if reached >= least:
            break
        best, least = order, reached
    return best


def span(order: Sequence[int], scopes: Sequence[Scope]) -> int:
    place = {variable: index for index, variable in enumerate(order)}
    return sum(
        max(place[variable] for variable in scope) - min(place[variable] for variable in scope)
        for scope in scopes
    )

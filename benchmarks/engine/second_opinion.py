"""Another solver's answer on another reading of the same file, compared with ours state by state."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from defusedxml.ElementTree import fromstring

from benchmarks.engine.domains import OnFeatures, State, offered
from benchmarks.engine.environment import Peer
from benchmarks.engine.features import features_of
from benchmarks.engine.models import Model
from configurator.engine.answers import Answer
from configurator.engine.domains import Kernel
from configurator.engine.spec import Choices


@dataclass
class Opinion:
    by: str
    states: int = 0
    values: int = 0
    wrong: list[str] = field(default_factory=list)


def second_opinion(model: Model, states: Sequence[Choices]) -> Opinion | None:
    """None where no second reader of such a file is at hand; raises `PeerFailed`."""
    suffix = model.source.suffix if model.source is not None else ""
    if suffix == ".xml":
        return _by_tables(model, states)
    if suffix in (".splx", ".sxfm"):
        return _by_tree(model, states)
    if suffix == ".uvl" or model.uvl:
        return _by_flamapy(model, states)
    return None


def _by_flamapy(model: Model, states: Sequence[Choices]) -> Opinion:
    opinion = Opinion("flamapy, z3")
    flamapy = OnFeatures(model)
    kernel = Kernel(model.knowledge)
    try:
        for choices in states:
            _, implied = flamapy.ask(State(choices, {}))
            answer = kernel.answer(choices)
            opinion.states += 1
            opinion.values += sum(len(each.values) for each in answer.options.values())
            if not flamapy.same(State(choices, {}), answer, implied):
                opinion.wrong.append(f"{choices}")
    finally:
        flamapy.peer.close()
    return opinion


def _by_tables(model: Model, states: Sequence[Choices]) -> Opinion:
    """An XCSP file read again, without our reader: domains, relations, constraints."""
    assert model.source is not None
    instance = fromstring(model.source.read_text(encoding="utf-8"))
    domains = {each.get("name"): (each.text or "").split() for each in instance.iter("domain")}
    variables = {each.get("name"): domains[each.get("domain")] for each in instance.iter("variable")}
    relations = {each.get("name"): each for each in instance.iter("relation")}
    numbers = {name: number for number, name in enumerate(variables)}
    tables = []
    for constraint in instance.iter("constraint"):
        scope = (constraint.get("scope") or "").split()
        relation = relations[constraint.get("reference")]
        rows = [row.split() for row in (relation.text or "").split("|") if row.strip()]
        known = [row for row in rows if all(v in variables[s] for s, v in zip(scope, row, strict=True))]
        tables.append(
            (
                [numbers[name] for name in scope],
                [[variables[s].index(v) for s, v in zip(scope, row, strict=True)] for row in known],
                relation.get("semantics") == "supports",
            )
        )
    names = list(variables)

    def chosen(choices: Choices) -> list[tuple[int, int]]:
        return [(numbers[code], variables[code].index(str(value))) for code, value in choices.items()]

    def same(answer: Answer, choices: Choices, theirs: list[list[int]]) -> bool:
        pairs = {(names[n], variables[names[n]][i]) for n, indexes in enumerate(theirs) for i in indexes}
        return offered(answer, tuple(choices)) == pairs

    sizes = [len(values) for values in variables.values()]
    return _compared(model, states, sizes, tables, [], chosen, same)


def _by_tree(model: Model, states: Sequence[Choices]) -> Opinion:
    """An SXFM file read again: a two-valued variable a feature."""
    assert model.source is not None
    names, clauses = sxfm_clauses(model.source.read_text(encoding="utf-8"))
    numbers = {name: number for number, name in enumerate(names)}
    features = features_of(model, names)

    def chosen(choices: Choices) -> list[tuple[int, int]]:
        return [(numbers[name], int(value)) for name, value in features.decisions(choices).items()]

    def same(answer: Answer, choices: Choices, theirs: list[list[int]]) -> bool:
        for option, each in answer.options.items():
            for value, said in each.values.items():
                feature = features.by_value.get((option, value))
                if option in choices or feature is None:
                    continue
                possible = theirs[numbers[feature]]
                # A feature that the choices name is not open there.
                if possible and (1 in possible) is not (said != "impossible"):
                    return False
        return True

    return _compared(model, states, [2] * len(names), [], clauses, chosen, same)


def _compared(
    model: Model,
    states: Sequence[Choices],
    sizes: list[int],
    tables: Sequence[tuple[list[int], list[list[int]], bool]],
    clauses: Sequence[Sequence[int]],
    chosen: Callable[[Choices], list[tuple[int, int]]],
    same: Callable[[Answer, Choices, list[list[int]]], bool],
) -> Opinion:
    opinion = Opinion("CP-SAT, the file read again")
    kernel = Kernel(model.knowledge)
    with Peer("cpsat_loop") as peer:
        peer.ask("load_tables", domains=sizes, tables=tables, clauses=clauses, seconds=300)
        for choices in states:
            theirs = peer.ask("undecided", chosen=chosen(choices), seconds=300).value
            answer = kernel.answer(choices)
            opinion.states += 1
            opinion.values += sum(len(each) for each in theirs)
            if not same(answer, choices, theirs):
                opinion.wrong.append(f"{choices}")
    return opinion


_FEATURE = re.compile(
    r"^(?P<indent>\t*):(?P<kind>[rmog]?) *(?P<name>.*?) *\((?P<id>[^()]*)\) *(?P<bounds>\[.*\])? *$"
)
_MEMBER_BOUNDS = re.compile(r"\[(\d+),(\d+|\*)\]")


def sxfm_clauses(text: str) -> tuple[list[str], list[list[int]]]:
    """The names of the features of an SXFM file and clauses over 1 + their positions; a small reader."""
    tree = text.split("<feature_tree>")[1].split("</feature_tree>")[0]
    rules = text.split("<constraints>")[1].split("</constraints>")[0]
    names: list[str] = []
    by_id: dict[str, int] = {}
    clauses: list[list[int]] = []
    # From the root to here: (depth, literal, members of the group or None).
    path: list[tuple[int, int, list[int] | None]] = []
    groups: list[tuple[int, list[int], int, int]] = []
    for line in tree.splitlines():
        found = _FEATURE.match(line.rstrip())
        if found is None:
            continue
        depth = len(found["indent"])
        path = [each for each in path if each[0] < depth]
        parent = path[-1] if path else None
        if found["kind"] == "g":
            assert parent is not None
            bounds = _MEMBER_BOUNDS.match(found["bounds"] or "[1,1]")
            assert bounds is not None
            members: list[int] = []
            most = 0 if bounds[2] == "*" else int(bounds[2])
            groups.append((parent[1], members, int(bounds[1]), most))
            path.append((depth, parent[1], members))
            continue
        names.append(found["name"])
        literal = by_id[found["id"]] = len(names)
        if parent is None:
            clauses.append([literal])
        else:
            clauses.append([-literal, parent[1]])
            if parent[2] is not None:
                parent[2].append(literal)
            elif found["kind"] == "m":
                clauses.append([-parent[1], literal])
        path.append((depth, literal, None))
    for owner, members, least, most in groups:
        clauses += _group(owner, members, least, most)
    clauses += _constraints(rules, by_id)
    return names, clauses


def _group(owner: int, members: list[int], least: int, most: int) -> list[list[int]]:
    if least != 1 or most not in (0, 1, len(members)):
        raise ValueError(f"a group of {least} to {most}")
    found = [[-owner, *members]]
    if most == 1:
        found += [[-a, -b] for position, a in enumerate(members) for b in members[position + 1 :]]
    return found


def _constraints(rules: str, by_id: Mapping[str, int]) -> list[list[int]]:
    found = []
    for line in rules.splitlines():
        _, _, clause = line.strip().partition(":")
        if clause:
            terms = [each.strip() for each in re.split(r"\bor\b", clause)]
            found.append([-by_id[term[1:].strip()] if term[0] == "~" else by_id[term] for term in terms])
    return found

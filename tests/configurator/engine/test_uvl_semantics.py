"""UVL: the family has the model's configurations, judged by a second reader that shares nothing with ours.

The second reader turns the diagram into clauses over its features directly (as the textbooks do); a SAT
solver then shows that neither side allows what the other forbids.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pysat.solvers import Glucose4

from configurator.engine.compiled import ChoiceVariable, Knowledge
from configurator.engine.knowledge import compile_family
from configurator.engine.spec import FamilySpec, OptionSpec, RuleSpec
from configurator.engine.uvl import read_uvl
from tests.configurator.engine.feature_models import FOLDER, configurations, there

# --- the second reader


@dataclass
class Diagram:
    """Clauses over features, numbered from 1; `gates` define helpers, `mandatory` is a part of `clauses`."""

    features: dict[str, int] = field(default_factory=dict)
    clauses: list[list[int]] = field(default_factory=list)
    mandatory: list[list[int]] = field(default_factory=list)
    gates: list[list[int]] = field(default_factory=list)
    top: int = 0

    def new(self) -> int:
        self.top += 1
        return self.top


def second_reader(text: str) -> Diagram:
    """For models of Boolean features in plain groups, one feature a line, indented by tabs."""
    diagram = Diagram()
    head, _, tail = text.partition("constraints")
    lines = [line for line in head.splitlines() if line.startswith("\t")]
    words = [(len(line) - len(line.lstrip("\t")), line.split("{")[0].strip().strip('"')) for line in lines]
    for depth, word in words:
        if depth % 2:
            diagram.features[word] = diagram.new()
    above: dict[int, str] = {}
    groups: dict[int, tuple[str, int, list[int]]] = {}
    for place, (depth, word) in enumerate(words):
        above[depth] = word
        if depth % 2:
            if depth == 1:
                diagram.clauses.append([diagram.features[word]])
                diagram.mandatory.append([diagram.features[word]])
            else:
                owner = max(number for number in range(place) if words[number][0] == depth - 1)
                parent = diagram.features[above[depth - 2]]
                groups.setdefault(owner, (words[owner][1], parent, []))[2].append(diagram.features[word])
    for kind, parent, children in groups.values():
        diagram.clauses += [[-child, parent] for child in children]
        if kind == "mandatory":
            diagram.clauses += [[-parent, child] for child in children]
            diagram.mandatory += [
                clause for child in children for clause in ([-parent, child], [-child, parent])
            ]
        if kind in ("or", "alternative"):
            diagram.clauses.append([-parent, *children])
        if kind == "alternative":
            diagram.clauses += [[-one, -other] for one, other in itertools.combinations(children, 2)]
    for line in tail.splitlines():
        if line.strip():
            diagram.clauses.append([_tseitin(line.strip(), diagram)])
    return diagram


def _tseitin(text: str, diagram: Diagram) -> int:
    """A literal that is true exactly when the constraint holds; splits at the weakest operator outside
    brackets, in which these models have no two of `=>` and `<=>` beside each other."""
    text = text.strip()
    for operator in ("<=>", "=>", "|", "&"):
        parts = _split(text, operator)
        if len(parts) > 1:
            literals = [_tseitin(part, diagram) for part in parts]
            if operator == "=>":
                literals = [-literals[0], literals[1]]
            return _gate(operator, literals, diagram)
    if text.startswith("!"):
        return -_tseitin(text[1:], diagram)
    if text.startswith("("):
        return _tseitin(text[1:-1], diagram)
    return diagram.features[text.strip('"')]


def _split(text: str, operator: str) -> list[str]:
    parts, depth, start, place = [], 0, 0, 0
    while place < len(text):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if (
            depth == 0
            and text.startswith(operator, place)
            and not (operator == "=>" and text[place - 1] == "<")
        ):
            parts.append(text[start:place])
            place += len(operator)
            start = place
        else:
            place += 1
    return [*parts, text[start:]]


def _gate(operator: str, literals: list[int], diagram: Diagram) -> int:
    gate = diagram.new()
    if operator == "<=>":
        one, other = literals
        diagram.gates += [
            [-gate, -one, other],
            [-gate, one, -other],
            [gate, one, other],
            [gate, -one, -other],
        ]
        return gate
    if operator == "&":
        return -_gate("|", [-literal for literal in literals], diagram)
    diagram.gates += [[-gate, *literals], *([gate, -literal] for literal in literals)]
    return gate


# --- both sides in one solver


def _linked(knowledge: Knowledge, diagram: Diagram) -> tuple[list[list[int]], Callable[[int], int]]:
    """Our clauses, moved above the diagram's, and clauses that tie each value to its feature."""
    shift = diagram.top

    def moved(literal: int) -> int:
        return literal + shift if literal > 0 else literal - shift

    clauses = [[moved(literal) for literal in clause] for clause in knowledge.clauses]
    for option in knowledge.spec.options:
        for name, literals in _features(option, knowledge):
            feature = diagram.features[name]
            clauses.append([-feature, *map(moved, literals)])
            clauses += [[feature, -moved(literal)] for literal in literals]
    return clauses, moved


def _features(option: OptionSpec, knowledge: Knowledge) -> Iterator[tuple[str, list[int]]]:
    """The features that an option tells of, each with the literals of which one is true when it is there."""
    if option.kind == "switch":
        yield option.name, _literals(knowledge, option.code)[1:]
        return
    if option.kind == "multiple":
        found = [_literals(knowledge, f"{option.code}.{code}")[1] for code in option.codes]
    else:
        found = _literals(knowledge, option.code)
    chosen = [(v.name, literal) for v, literal in zip(option.values, found, strict=True) if v.name != "none"]
    yield from ((name, [literal]) for name, literal in chosen)
    yield option.name, [literal for _, literal in chosen]


def _literals(knowledge: Knowledge, code: str) -> list[int]:
    variable = knowledge.variables[code]
    assert isinstance(variable, ChoiceVariable)
    return list(variable.literals)


def differences(spec: FamilySpec, diagram: Diagram) -> tuple[list[str], list[list[int]]]:
    """The rules of ours that forbid what the model allows, and its clauses that ours do not keep."""
    broken = replace(
        spec, rules=tuple(replace(rule, expr=f"!({rule.expr})") for rule in spec.rules if rule.expr)
    )
    assert len(broken.rules) == len(spec.rules)
    knowledge = compile_family(broken)
    clauses, moved = _linked(knowledge, diagram)
    with Glucose4(bootstrap_with=diagram.clauses + diagram.gates + clauses) as solver:
        too_strict = [
            code for code, selector in knowledge.selectors.items() if solver.solve([moved(selector)])
        ]
    knowledge = compile_family(spec)
    clauses, moved = _linked(knowledge, diagram)
    # A mandatory feature is no option of ours: it is its parent.
    with Glucose4(bootstrap_with=clauses + diagram.mandatory + diagram.gates) as solver:
        on = [moved(selector) for selector in knowledge.selectors.values()]
        too_lax = [
            clause for clause in diagram.clauses if solver.solve([*on, *(-literal for literal in clause)])
        ]
    return too_strict, too_lax


@there
@pytest.mark.parametrize("name", ["berkeleydb.uvl", "busybox_2010-05-02_14-17-07.uvl"])
def test_public_models_have_exactly_their_configurations(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    spec = read_uvl(text, code="model", name="Model")
    assert differences(spec, second_reader(text)) == ([], [])


TINY = """features
\tA
\t\toptional
\t\t\tB
\t\t\tC
\t\t\t\talternative
\t\t\t\t\tD
\t\t\t\t\tE
\t\tmandatory
\t\t\tF
\t\t\t\tor
\t\t\t\t\tG
\t\t\t\t\tH
constraints
\tB => C
\tG <=> !(D | H)
"""


def test_the_second_reader_finds_a_rule_too_many_and_one_that_is_missing() -> None:
    spec, diagram = read_uvl(TINY, code="model", name="Model"), second_reader(TINY)
    assert differences(spec, diagram) == ([], [])
    more = replace(spec, rules=(*spec.rules, RuleSpec(code="X", expr="B => F.G")))
    assert differences(more, diagram)[0] == ["X"]
    fewer = replace(spec, rules=spec.rules[:-1])
    assert len(differences(fewer, diagram)[1]) == 1


# --- random models, counted by trying every set of features


@dataclass
class Node:
    name: str
    groups: list[tuple[str, list["Node"]]]


class Said(NamedTuple):
    """A constraint as it is written, and what it means for the features that are on."""

    text: str
    holds: Callable[[set[str]], bool]


_MEANINGS: dict[str, Callable[[bool, bool], bool]] = {
    "&": lambda one, other: one and other,
    "|": lambda one, other: one or other,
    "=>": lambda one, other: not one or other,
    "<=>": lambda one, other: one == other,
}


def _compound(inner: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
    def joined(one: Said, operator: str, other: Said) -> Said:
        mean = _MEANINGS[operator]
        return Said(
            f"({one.text}) {operator} ({other.text})", lambda on: mean(one.holds(on), other.holds(on))
        )

    return st.one_of(
        inner.map(lambda term: Said(f"!({term.text})", lambda on: not term.holds(on))),
        st.builds(joined, inner, st.sampled_from(sorted(_MEANINGS)), inner),
    )


@st.composite
def models(draw: st.DrawFn) -> tuple[Node, list[Said]]:
    """A tree of up to nine features with groups of every kind, and constraints over them."""
    names = iter("ABCDEFGHIJ")
    left = draw(st.integers(2, 8))

    def grown(depth: int) -> Node:
        nonlocal left
        node = Node(next(names), [])
        for _ in range(draw(st.integers(1 if depth == 0 else 0, 2))):
            size = min(left, draw(st.integers(1, 4)))
            if not size or depth > 3:
                break
            left -= size
            kind = draw(st.sampled_from(["mandatory", "optional", "or", "alternative", "cardinality"]))
            if kind == "cardinality":
                low = draw(st.integers(0, size))
                high = draw(st.one_of(st.just("*"), st.integers(max(low, 1), size + 1).map(str)))
                kind = f"[{low}..{high}]"
            node.groups.append((kind, [grown(depth + 1) for _ in range(size)]))
        return node

    root = grown(0)
    known = st.sampled_from([node.name for node in _nodes(root)]).map(
        lambda name: Said(name, lambda on: name in on)
    )
    terms = st.recursive(known, _compound, max_leaves=4)
    return root, draw(st.lists(terms, max_size=3))


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for _, children in node.groups:
        for child in children:
            yield from _nodes(child)


def _written(node: Node, depth: int) -> str:
    text = "    " * depth + node.name + "\n"
    for kind, children in node.groups:
        text += "    " * (depth + 1) + kind + "\n"
        text += "".join(_written(child, depth + 2) for child in children)
    return text


def _valid(node: Node, chosen: set[str]) -> bool:
    """Whether the diagram below a feature agrees with these being chosen."""
    there = node.name in chosen
    for kind, children in node.groups:
        count = sum(child.name in chosen for child in children)
        if not there:
            if count:
                return False
        else:
            bounds = re.fullmatch(r"\[(\d+)\.\.(\d+|\*)\]", kind)
            low, high = {
                "mandatory": (len(children), len(children)),
                "optional": (0, len(children)),
                "or": (1, len(children)),
                "alternative": (1, 1),
            }.get(kind, (0, 0))
            if bounds:
                low = int(bounds[1])
                high = len(children) if bounds[2] == "*" else int(bounds[2])
            if not low <= count <= high:
                return False
        if not all(_valid(child, chosen) for child in children):
            return False
    return True


@settings(max_examples=150)
@given(models())
def test_random_models_keep_their_number_of_configurations(model: tuple[Node, list[Said]]) -> None:
    root, constraints = model
    names = [node.name for node in _nodes(root)]
    text = f"features\n{_written(root, 1)}"
    if constraints:
        text += "constraints\n" + "".join(f"    {constraint.text}\n" for constraint in constraints)
    wanted = 0
    for bits in itertools.product((False, True), repeat=len(names)):
        chosen = {name for name, bit in zip(names, bits, strict=True) if bit}
        wanted += (
            root.name in chosen
            and _valid(root, chosen)
            and all(constraint.holds(chosen) for constraint in constraints)
        )
    assert configurations(read_uvl(text, code="model", name="Model")) == wanted, text

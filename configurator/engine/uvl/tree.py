"""What a feature model says, as a tree: features, groups, attributes, constraints, and where each stands."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, NamedTuple

from configurator.engine.document import Problem
from configurator.engine.uvl.terms import Call, Op, Ref, Term, Wrong, column_of

GroupKind = Literal["mandatory", "optional", "alternative", "or", "cardinality"]
FeatureKind = Literal["Boolean", "Integer", "Real", "String"]
MANY = -1  # the upper end of [n..*]
AttributeValue = Fraction | str | bool


class Line(NamedTuple):
    """One logical line: brackets that stay open run on over the following lines."""

    number: int
    indent: int
    text: str

    def problem(self, position: int, message: str, hint: str = "", where: str = "") -> Problem:
        """A problem at a position (from 0) of the text."""
        before = self.text[:position]
        line_start = before.rfind("\n") + 1
        return Problem(self.number + before.count("\n"), position - line_start + 1, where, message, hint)


@dataclass(eq=False, slots=True)
class Constraint:
    """`text` begins at `offset` in its line; `owner` is the feature in whose attributes it stands.

    `code` is its own name, where the format has one; `place` C1 for the first constraint, A1 for the first
    among attributes.
    """

    line: Line
    offset: int
    text: str
    term: Term
    scope: "Scope"
    owner: "Feature | None" = None
    code: str = ""
    place: str = ""

    def problem(self, wrong: Wrong) -> Problem:
        position = self.offset + column_of(self.text, wrong.at) - 1
        return self.line.problem(position, wrong.message, wrong.hint)


@dataclass(eq=False, slots=True)
class Feature:
    """`low` and `high` are the feature's own cardinality (instances), 1 and 1 where none is written.

    `name` is what constraints call it, `label` another name for shoppers.
    """

    name: str
    path: tuple[str, ...]
    line: Line
    kind: FeatureKind = "Boolean"
    low: int = 1
    high: int = 1
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    listed: tuple[AttributeValue, ...] = ()
    groups: "list[Group]" = field(default_factory=list)
    parent: "Feature | None" = None
    label: str = ""

    @property
    def shown(self) -> str:
        """The name as shoppers read it."""
        return self.label or self.name

    @property
    def column(self) -> int:
        return len(self.line.text) - len(self.line.text.lstrip())

    def below(self) -> "Iterator[Feature]":
        """The feature and all features below it, from the top, in the order of the file."""
        pending = [self]
        while pending:
            feature = pending.pop()
            yield feature
            pending += [child for group in reversed(feature.groups) for child in reversed(group.features)]


@dataclass(eq=False, slots=True)
class Group:
    """`low` and `high` count only for groups with a cardinality; `high` may be `MANY`."""

    kind: GroupKind
    line: Line
    low: int = 0
    high: int = 0
    features: list[Feature] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Import:
    line: Line
    path: tuple[str, ...]
    alias: tuple[str, ...]
    scope: "Scope | None" = None


@dataclass(eq=False, slots=True)
class Scope:
    """One file: the names that its constraints may use. `prefix` is its path from the first file."""

    prefix: tuple[str, ...] = ()
    namespace: str = ""
    root: Feature | None = None
    features: dict[str, Feature] = field(default_factory=dict)
    constraints: list[Constraint] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)

    def imported(self, path: tuple[str, ...]) -> "tuple[Scope, tuple[str, ...]] | None":
        """The model that the beginning of a path names, and the rest of the path."""
        for one in self.imports:
            for name in (one.alias, one.path):
                if one.scope is not None and len(name) < len(path) and path[: len(name)] == name:
                    return one.scope, path[len(name) :]
        return None

    def find(self, path: tuple[str, ...]) -> tuple[Feature, str] | None:
        """The feature that a path names, and the attribute of it ("" for none)."""
        feature = self.features.get(path[0])
        if feature is not None:
            return feature, ".".join(path[1:])
        inner = self.imported(path)
        return inner[0].find(inner[1]) if inner else None

    def all(self) -> "Iterator[Scope]":
        yield self
        for one in self.imports:
            if one.scope is not None:
                yield from one.scope.all()


def references(term: Term) -> Iterator[Ref]:
    """All names in a constraint, left to right."""
    pending: list[Term] = [term]
    while pending:
        current = pending.pop()
        if isinstance(current, Ref):
            yield current
        elif isinstance(current, Op):
            pending.extend(reversed(current.operands))
        elif isinstance(current, Call):
            pending.extend(reversed(current.arguments))

"""Reading SXFM, the feature models of SPLOT: a tree of features in XML, and clauses over them.

    :r Laptop(root)                 the root
        :m Memory(memory)           a mandatory feature, `:o` an optional one
            :g (group) [1,1]        a group of which so many are chosen, `*` for any number
                : 4 GB(mem4)        a feature of the group

Constraints are clauses: `c1: ~mem4 or memory`. What they become is told in the package `uvl`.
"""

import re
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from configurator.engine.document import Problem
from configurator.engine.expressions import nearest_hint
from configurator.engine.family import FamilyError
from configurator.engine.lookalikes import look_alikes
from configurator.engine.spec import FamilySpec
from configurator.engine.uvl.names import faults_of
from configurator.engine.uvl.parsing import MAX_DEPTH, MOST_PROBLEMS, Refusal
from configurator.engine.uvl.reading import family_of
from configurator.engine.uvl.terms import Op, Ref, Term
from configurator.engine.uvl.tree import MANY, Constraint, Feature, Group, Line, Scope

__all__ = ["read_sxfm"]

MAX_BYTES = 10_000_000
MAX_FEATURES = 50_000
_NODE = re.compile(r":([rmog]?)\s*(.*?)\s*(?:\(([^()]*)\))?\s*(?:\[\s*(\d{1,6})\s*,\s*(\d{1,6}|\*)\s*\])?\s*")
_CONSTRAINT = re.compile(r"\s*([A-Za-z0-9_-]{1,40})\s*:(.*)")
_KINDS = {"m": "mandatory", "o": "optional"}


def read_sxfm(text: str, *, code: str, name: str, filename: str = "") -> FamilySpec:
    """The model as a family; raises `FamilyError` with everything that is wrong, each with its line."""
    try:
        if len(text) > MAX_BYTES:
            raise Refusal([Problem(1, 1, "", f"the file is larger than {MAX_BYTES // 1_000_000} MB")])
        model: Element = fromstring(text)
        if model.tag != "feature_model":
            hint = "the first element has to be <feature_model>"
            raise Refusal([Problem(1, 1, model.tag, "this is no SXFM feature model", hint)])
        scope = _Model(text, model).scope
        return family_of(scope, code=code, name=name or model.get("name", "").strip()).spec
    except Refusal as refusal:
        ordered = sorted(refusal.problems, key=lambda problem: (problem.line, problem.column))
        raise FamilyError(tuple(ordered), filename) from None
    except ParseError as error:
        line, column = error.position
        raise FamilyError((Problem(line, column + 1, "", f"not XML: {error}"),), filename) from None
    except DefusedXmlException as error:
        message = f"not allowed in the XML: {type(error).__name__}"
        raise FamilyError((Problem(1, 1, "", message),), filename) from None


class _Model:
    """Reads both sections; `scope` is the tree with its constraints."""

    def __init__(self, text: str, model: Element) -> None:
        self.text = text
        self.scope = Scope()
        self.problems: list[Problem] = []
        # The open features and groups with their indentation.
        self.stack: list[tuple[int, Feature | Group]] = []
        # What stands deeper than this is below something faulty: nothing is told of it.
        self.skipping = -1
        for line in self.lines(model, "feature_tree"):
            self.node(line)
        if self.scope.root is None:
            self.note(Problem(1, 1, "feature_tree", "the model has no features", "expected :r NAME(ID)"))
        features = self.scope.features
        for later, earlier in look_alikes(features):
            line = features[later].line
            self.note(line.problem(line.indent, f"{later} looks like {earlier} and is another name"))
        if not self.problems:
            for line in self.lines(model, "constraints"):
                self.constraint(line)
        if self.problems:
            raise Refusal(self.problems)

    def note(self, problem: Problem) -> None:
        self.problems.append(problem)
        if len(self.problems) >= MOST_PROBLEMS:
            raise Refusal(self.problems)

    def lines(self, model: Element, section: str) -> list[Line]:
        """The lines of a section that say something, numbered as in the file."""
        element = model.find(section)
        if element is None:
            return []
        start = self.text.find(">", self.text.find(f"<{section}"))
        first = self.text.count("\n", 0, start) + 1
        return [
            Line(first + number, len(line) - len(line.lstrip()), line)
            for number, line in enumerate((element.text or "").split("\n"))
            if line.strip()
        ]

    # --- The tree

    def node(self, line: Line) -> None:
        if 0 <= self.skipping < line.indent:
            return
        self.skipping = -1
        found = _NODE.fullmatch(line.text.strip())
        if found is None:
            self.note(
                line.problem(line.indent, "this is no feature", "expected :r, :m, :o, :g or : NAME(ID)")
            )
            return
        kind, label, name, low, high = found.groups()
        while self.stack and self.stack[-1][0] >= line.indent:
            self.stack.pop()
        parent = self.stack[-1][1] if self.stack else None
        if len(self.stack) >= 2 * MAX_DEPTH or len(self.scope.features) >= MAX_FEATURES:
            message = f"more than {MAX_DEPTH} levels or {MAX_FEATURES:,} features"
            raise Refusal([*self.problems, line.problem(line.indent, message)])
        node = (
            self.group(line, parent, low, high)
            if kind == "g"
            else self.feature(line, parent, kind, label or name or "", name or label or "")
        )
        if node is None:
            self.skipping = line.indent
        else:
            self.stack.append((line.indent, node))

    def group(
        self, line: Line, parent: Feature | Group | None, low: str | None, high: str | None
    ) -> Group | None:
        if not isinstance(parent, Feature):
            self.note(line.problem(line.indent, "a group has to stand below a feature"))
            return None
        if low is None or high is None:
            self.note(line.problem(line.indent, "the group does not say how many", "expected [1,1] or [1,*]"))
            return None
        group = Group("cardinality", line, int(low), MANY if high == "*" else int(high))
        if group.high not in (MANY, 0) and group.high < group.low:
            self.note(line.problem(line.indent, f"[{low},{high}] ends before it begins"))
        parent.groups.append(group)
        return group

    def feature(
        self, line: Line, parent: Feature | Group | None, kind: str, label: str, name: str
    ) -> Feature | None:
        fault = faults_of(name) if name else "the feature has no name"
        if not fault and name in self.scope.features:
            fault = f"the feature {name} is given twice"
        if not fault and (kind == "r") != (self.scope.root is None):
            fault = "a model has one root" if kind == "r" else "the first feature has to be the root (:r)"
        if not fault and kind in _KINDS and not isinstance(parent, Feature):
            fault = f"{label} has to stand below a feature, as it is no part of a group"
        if not fault and kind == "" and not isinstance(parent, Group):
            fault = f"{label} has to stand below a group"
        if fault:
            self.note(line.problem(line.indent, fault))
            return None
        feature = Feature(name, (name,), line, label=label)
        self.scope.features[name] = feature
        if isinstance(parent, Group):
            owner = self.stack[-2][1]
            assert isinstance(owner, Feature)
            feature.parent = owner
            parent.features.append(feature)
        elif isinstance(parent, Feature):
            feature.parent = parent
            parent.groups.append(Group("mandatory" if kind == "m" else "optional", line, features=[feature]))
        else:
            self.scope.root = feature
        return feature

    # --- Clauses

    def constraint(self, line: Line) -> None:
        found = _CONSTRAINT.fullmatch(line.text)
        if found is None:
            self.note(line.problem(line.indent, "this is no constraint", "expected NAME: ~a or b"))
            return
        code, clause = found.groups()
        literals: list[Term] = []
        position = found.start(2)
        for part in re.split(r"\bor\b", clause, flags=re.IGNORECASE):
            word = part.strip()
            name = word.lstrip("~").strip()
            if name not in self.scope.features:
                at = position + len(part) - len(part.lstrip())
                hint = nearest_hint(name, self.scope.features)
                self.note(line.problem(at, f"there is no feature {name or '(nothing)'}", hint, code))
                return
            literal: Term = Ref(0, (name,))
            literals.append(Op(0, "!", (literal,), 1) if word.startswith("~") else literal)
            position += len(part) + 2
        term = literals[0] if len(literals) == 1 else Op(0, "|", tuple(literals), 2)
        self.scope.constraints.append(Constraint(line, 0, line.text, term, self.scope, code=code))

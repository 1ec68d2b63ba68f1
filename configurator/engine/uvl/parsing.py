"""From the text of one UVL file to its tree: comments, indentation, features, attributes, constraints."""

import re
from collections.abc import Iterator
from typing import cast

from configurator.engine.document import Problem
from configurator.engine.expressions import nearest_hint
from configurator.engine.lookalikes import look_alikes
from configurator.engine.uvl.names import MAX_NAME, faults_of
from configurator.engine.uvl.terms import (
    DIGITS,
    ID,
    NAME,
    TOKENS,
    TermParser,
    Wrong,
    column_of,
    number_of,
    parse_term,
    path_of,
)
from configurator.engine.uvl.tree import (
    MANY,
    AttributeValue,
    Constraint,
    Feature,
    FeatureKind,
    Group,
    GroupKind,
    Import,
    Line,
    Scope,
)

MAX_BYTES = 10_000_000
MAX_LINES = 400_000
MAX_DEPTH = 100
MOST_PROBLEMS = 30
_SKIPPED = re.compile(rf"{NAME}|\"[^\"\r\n]*\"|'[^'\r\n]*'|//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_QUOTED = re.compile(r"\"[^\"\r\n]*\"|'[^'\r\n]*'")
_FEATURE = re.compile(
    rf"\s*(?:(Boolean|Integer|Real|String)\s+)?({ID}(?:\s*\.\s*{ID})*)"
    r"\s*(?:cardinality\s*(\[[^\]]*\])\s*)?(\{.*\})?\s*",
    re.DOTALL,
)
_CARDINALITY = re.compile(r"\[\s*(\d{1,6})\s*(?:\.\.\s*(\d{1,6}|\*)\s*)?\]")
_IMPORT = re.compile(rf"\s*({ID}(?:\.{ID})*)(?:\s+as\s+({ID}(?:\.{ID})*))?\s*")
_NAMESPACE = re.compile(rf"namespace\s+({ID}(?:\.{ID})*)\s*")
_KINDS: dict[str, GroupKind] = {
    "mandatory": "mandatory",
    "optional": "optional",
    "alternative": "alternative",
    "or": "or",
}
_SECTIONS = ("namespace", "include", "imports", "features", "constraints")
_LEVELS = {
    "Boolean": ("group-cardinality",),
    "Arithmetic": ("feature-cardinality", "aggregate-function"),
    "Type": ("string-constraints", "numeric-constraints"),
}


class Refusal(Exception):
    """Everything that is wrong in the text of one file."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def parse_model(text: str, *, prefix: tuple[str, ...] = ()) -> Scope:
    """The tree of one file, its imports still to be read; raises `Refusal`."""
    if len(text) > MAX_BYTES or text.count("\n") > MAX_LINES:
        limit = f"{MAX_BYTES // 1_000_000} MB or {MAX_LINES:,} lines"
        raise Refusal([Problem(1, 1, "", f"the file is larger than {limit}")])
    parser = _Model(prefix)
    parser.read(_lines(text))
    if parser.problems:
        raise Refusal(parser.problems)
    return parser.scope


def _lines(text: str) -> Iterator[Line]:
    """The lines that say something, without comments; a line with an open bracket takes the next ones in."""
    if "//" in text or "/*" in text:
        text = _SKIPPED.sub(_blank, text)
    lines = text.split("\n")
    indents: dict[str, int] = {}
    number = 0
    while number < len(lines):
        raw, start = lines[number], number
        number += 1
        if "{" in raw or "(" in raw:
            while number < len(lines) and number - start < 1000 and _open(raw):
                raw += "\n" + lines[number]
                number += 1
        stripped = raw.lstrip()
        if stripped:
            lead = raw[: len(raw) - len(stripped)]
            indent = indents.get(lead)
            if indent is None:
                indent = indents[lead] = len(lead.expandtabs(8))
            yield Line(start + 1, indent, raw)


def _blank(found: re.Match[str]) -> str:
    word = found[0]
    if word[0] != "/":
        return word
    return "\n".join(" " * len(line) for line in word.split("\n"))


def _open(raw: str) -> bool:
    counted = raw
    if '"' in raw or "'" in raw:
        counted = _QUOTED.sub("", raw)
    return any(counted.count(opening) > counted.count(closing) for opening, closing in ("{}", "()"))


class _Model:
    def __init__(self, prefix: tuple[str, ...]) -> None:
        self.scope = Scope(prefix)
        self.problems: list[Problem] = []
        self.section = ""
        self.seen: set[str] = set()
        # The open features and groups: (indentation, node, indentation of what stands below it or -1).
        self.stack: list[tuple[int, Feature | Group]] = []
        self.inside: list[int] = []
        self.skipping = -1

    def note(self, problem: Problem) -> None:
        self.problems.append(problem)
        if len(self.problems) >= MOST_PROBLEMS:
            raise Refusal(self.problems)

    def read(self, lines: Iterator[Line]) -> None:
        line = Line(1, 0, "")
        for line in lines:
            if line.indent == 0:
                self.start(line)
            elif self.section == "features":
                self.node(line)
            elif self.section == "constraints":
                self.constraint(line, line.text, 0, None)
            elif self.section == "imports":
                self.imports(line)
            elif self.section == "include":
                self.level(line)
            elif self.section != "skipped":
                self.note(line.problem(_lead(line), "this belongs to no section", _expected(_SECTIONS)))
        if self.scope.root is None and not self.problems:
            self.note(Problem(line.number, 1, "features", "the model has no features", "features, a root"))
        names = [name for name in self.scope.features if not name.isascii()]
        if names:
            self.look_alikes()

    def look_alikes(self) -> None:
        for later, earlier in look_alikes(self.scope.features):
            feature, other = self.scope.features[later], self.scope.features[earlier]
            self.note(
                feature.line.problem(
                    feature.column,
                    f"{later} looks like {earlier} of line {other.line.number} and is another name",
                    "write both with the same letters, or name one of them otherwise",
                )
            )

    def start(self, line: Line) -> None:
        """A line at the margin begins a section."""
        word = line.text.split(None, 1)[0]
        self.section = word
        if word not in _SECTIONS:
            self.section = "skipped"
            self.note(
                line.problem(
                    0, f"{word[:60]} begins no section", nearest_hint(word, _SECTIONS) or _expected(_SECTIONS)
                )
            )
            return
        if word in self.seen:
            self.note(line.problem(0, f"the section {word} is given twice", "put both into one"))
        self.seen.add(word)
        if word == "namespace":
            found = _NAMESPACE.fullmatch(line.text)
            if found is None:
                self.note(line.problem(len(word), "a name has to follow", "expected namespace NAME"))
            else:
                self.scope.namespace = found[1]
        elif line.text.strip() != word:
            position = len(word) + 1
            self.note(line.problem(position, f"{line.text[position:].strip()[:60]} cannot stand here"))

    # --- Head

    def level(self, line: Line) -> None:
        major, _, minor = line.text.strip().partition(".")
        if major not in _LEVELS:
            self.note(line.problem(_lead(line), f"there is no level {major}", nearest_hint(major, _LEVELS)))
        elif minor not in ("", "*", *_LEVELS[major]):
            self.note(
                line.problem(
                    _lead(line), f"{major} has no level {minor}", nearest_hint(minor, _LEVELS[major])
                )
            )

    def imports(self, line: Line) -> None:
        found = _IMPORT.fullmatch(line.text)
        if found is None:
            self.note(line.problem(_lead(line), "this is no import", "expected MODEL or MODEL as NAME"))
            return
        path = path_of(found[1])
        self.scope.imports.append(Import(line, path, path_of(found[2]) if found[2] else path))

    # --- Features

    def node(self, line: Line) -> None:
        indent = line.indent
        if self.skipping >= 0:
            if indent > self.skipping:
                return
            self.skipping = -1
        stack, inside = self.stack, self.inside
        while stack and stack[-1][0] >= indent:
            stack.pop()
            inside.pop()
        if stack:
            if inside[-1] < 0:
                inside[-1] = indent
            elif inside[-1] != indent:
                self.wrong(
                    line, "this indentation fits none of the lines above", f"expected {inside[-1]} columns"
                )
                return
        if len(stack) >= 2 * MAX_DEPTH:
            self.wrong(line, f"features are nested deeper than {MAX_DEPTH} levels")
            return
        parent = stack[-1][1] if stack else None
        if isinstance(parent, Feature):
            node: Feature | Group | None = self.group(line, parent)
        else:
            node = self.feature(line, parent)
        if node is None:
            self.skipping = indent
        else:
            stack.append((indent, node))
            inside.append(-1)

    def wrong(self, line: Line, message: str, hint: str = "") -> None:
        self.note(line.problem(_lead(line), message, hint))
        self.skipping = line.indent

    def group(self, line: Line, parent: Feature) -> Group | None:
        word = line.text.strip()
        kind = _KINDS.get(word)
        if kind is not None:
            group = Group(kind, line)
        else:
            bounds = _bounds(word)
            if bounds is None:
                expected = "expected mandatory, optional, or, alternative, [n..m]"
                near = nearest_hint(word, _KINDS) if len(word) < 20 else ""
                self.wrong(
                    line,
                    f"{word[:60]} is no group; {parent.name} holds groups",
                    near if near.startswith("did") else expected,
                )
                return None
            if bounds[1] != MANY and bounds[1] < bounds[0]:
                self.wrong(line, f"{word} ends before it begins")
                return None
            group = Group("cardinality", line, *bounds)
        parent.groups.append(group)
        return group

    def feature(self, line: Line, group: Group | None) -> Feature | None:
        found = _FEATURE.fullmatch(line.text)
        if found is None:
            self.note(_not_a_feature(line))
            return None
        kind, word, cardinality, attributes = found.groups()
        if word in _KINDS and kind is None:
            above = self.scope.root.name if self.scope.root else "its feature"
            self.wrong(
                line, f"{word} is a group and stands where a feature has to", f"indent it below {above}"
            )
            return None
        path = path_of(word)
        if '"' in word:
            for part in path:
                if not part or "." in part:
                    self.wrong(line, f"{word} is no name: there is a dot in the quotes, or nothing")
                    return None
        name = path[-1]
        if not name.isascii() or len(name) > 60 or not name.isprintable():
            fault = faults_of(name)
            if fault:
                self.wrong(line, fault, "write the name with ordinary letters of one script")
                return None
        feature = Feature(name, path, line, cast(FeatureKind, kind or "Boolean"))
        if not self.place(feature, group, path):
            return None
        if cardinality is not None:
            self.instances(feature, cardinality, found.start(3))
        if attributes is not None and attributes != "{abstract}":
            self.attributes(feature, attributes, found.start(4))
        return feature

    def place(self, feature: Feature, group: Group | None, path: tuple[str, ...]) -> bool:
        scope = self.scope
        if group is None:
            if scope.root is not None:
                self.wrong(
                    feature.line,
                    f"a model has one root, this is the second: {feature.name}",
                    f"indent it below {scope.root.name}",
                )
                return False
            scope.root = feature
        else:
            group.features.append(feature)
            owner = self.stack[-2][1]
            assert isinstance(owner, Feature)
            feature.parent = owner
        if len(path) == 1:
            other = scope.features.setdefault(feature.name, feature)
            if other is not feature:
                self.note(
                    feature.line.problem(
                        feature.column,
                        f"the feature {feature.name} is given twice",
                        f"first on line {other.line.number}",
                    )
                )
        else:
            scope.features.setdefault(".".join(path), feature)
        return True

    def instances(self, feature: Feature, written: str, position: int) -> None:
        bounds = _bounds(written)
        if bounds is None or (bounds[1] != MANY and bounds[1] < bounds[0]) or bounds[1] == 0:
            self.note(
                feature.line.problem(
                    position, f"{written[:60]} is no cardinality", "expected [n], [n..m], [n..*]"
                )
            )
            return
        feature.low, feature.high = bounds

    # --- Attributes

    def attributes(self, feature: Feature, written: str, position: int) -> None:
        parser = TermParser(TOKENS.findall(written))
        try:
            parser.advance()
            self.attribute_set(feature, "", parser, written, position)
            feature.label = str(feature.attributes.get("shop.name", ""))[:MAX_NAME]
            if parser.word:
                parser.unexpected("the end of the line")
        except Wrong as wrong:
            self.note(
                feature.line.problem(
                    position + column_of(written, wrong.at) - 1, wrong.message, wrong.hint, feature.name
                )
            )

    def attribute_set(
        self, feature: Feature, above: str, parser: TermParser, written: str, position: int
    ) -> None:
        """`key value, key, ...}`; the attributes of an attribute get its name before theirs."""
        if above.count(".") > 8:
            raise Wrong(parser.at, "attributes are nested too deep")
        while parser.word != "}":
            key, at = parser.word, parser.at
            if not (key[:1].isalpha() or key[:1] in ('"', "_")):
                parser.unexpected("the name of an attribute")
            parser.advance()
            if key in ("constraint", "constraints") and parser.word not in (",", "}"):
                self.own_constraints(feature, key, parser, written, position)
            else:
                self.value(feature, above + path_of(key)[-1], at, parser, written, position)
            if parser.word == ",":
                parser.advance()
            elif parser.word != "}":
                parser.unexpected(", or }")
        parser.advance()

    def own_constraints(
        self, feature: Feature, key: str, parser: TermParser, written: str, position: int
    ) -> None:
        several = key == "constraints"
        if several:
            parser.expect("[")
        while not (several and parser.word == "]"):
            term = parser.term(1)
            self.scope.constraints.append(
                Constraint(feature.line, position, written, term, self.scope, feature)
            )
            if not several:
                return
            if parser.word != "]":
                parser.expect(",")
        parser.advance()

    def value(
        self, feature: Feature, name: str, at: int, parser: TermParser, written: str, position: int
    ) -> None:
        if name in feature.attributes:
            raise Wrong(at, f"the attribute {name} is given twice")
        word = parser.word
        if word == "{":
            parser.advance()
            self.attribute_set(feature, f"{name}.", parser, written, position)
        elif word == "[":
            parser.advance()
            feature.attributes[name] = self.vector(feature, name, parser)
        elif word in (",", "}"):
            if name != "abstract":
                feature.attributes[name] = True
        else:
            value = _plain_value(parser)
            if name != "abstract":
                feature.attributes[name] = value

    def vector(self, feature: Feature, name: str, parser: TermParser) -> str:
        """`[a, b]`: kept as text; `values` lists what a typed feature may be."""
        values: list[AttributeValue] = []
        while parser.word != "]":
            values.append(_plain_value(parser))
            if parser.word != "]":
                parser.expect(",")
        parser.advance()
        if name == "values":
            feature.listed = tuple(dict.fromkeys(values))
        return ", ".join(str(value) for value in values)

    # --- Constraints

    def constraint(self, line: Line, text: str, offset: int, owner: Feature | None) -> None:
        try:
            term = parse_term(text)
        except Wrong as wrong:
            self.note(line.problem(offset + column_of(text, wrong.at) - 1, wrong.message, wrong.hint))
            return
        self.scope.constraints.append(Constraint(line, offset, text, term, self.scope, owner))


def _lead(line: Line) -> int:
    return len(line.text) - len(line.text.lstrip())


def _expected(words: tuple[str, ...]) -> str:
    return f"expected {', '.join(words)}"


def _bounds(written: str) -> tuple[int, int] | None:
    found = _CARDINALITY.fullmatch(written)
    if found is None:
        return None
    low = int(found[1])
    if found[2] is None:
        return low, low
    return low, MANY if found[2] == "*" else int(found[2])


def _plain_value(parser: TermParser) -> AttributeValue:
    word, at = parser.word, parser.at
    sign = 1
    if word == "-":
        sign = -1
        parser.advance()
        word = parser.word
    if word[:1] in DIGITS or (word[:1] == "." and len(word) > 1):
        if word[-1] not in DIGITS:
            parser.unexpected("a number")
        number = number_of(word, at)
        parser.advance()
        return sign * number
    if sign == 1 and word in ("true", "false"):
        parser.advance()
        return word == "true"
    if sign == 1 and word[:1] == "'" and len(word) > 1:
        parser.advance()
        return word[1:-1]
    parser.at = at
    parser.word = parser.tokens[at]
    parser.unexpected("a number, a text in '...', true, false, {...} or [...]")


def _not_a_feature(line: Line) -> Problem:
    """What is wrong with a line that should be a feature."""
    start = _lead(line)
    text = line.text.strip()
    for word in ("Boolean ", "Integer ", "Real ", "String "):
        if text.startswith(word):
            start += len(word)
            text = text[len(word) :]
    first = text.split()[0]
    if first[0].isdigit():
        return line.problem(
            start, f"{first[:60]} is no name: names begin with a letter", f'or write "{first[:60]}"'
        )
    fault = faults_of(first)
    if fault:
        return line.problem(start, fault, "write the name with ordinary letters of one script")
    if text.count('"') % 2:
        return line.problem(start, "the name is not closed", 'close it with "')
    if "{" in text and not text.endswith("}"):
        return line.problem(start + text.index("{"), "the attributes are not closed", "expected }")
    whole = re.match(rf"{ID}(?:\s*\.\s*{ID})*", text)
    if whole is None:
        return line.problem(start, f"{first[:60]} is no feature", 'expected a name, or one in "..."')
    rest = text[whole.end() :].lstrip()
    return line.problem(
        start + len(text) - len(rest),
        f"{rest[:60]} cannot stand after a feature's name",
        "expected cardinality [n..m], {...} or the end of the line; a name with spaces stands in quotes",
    )

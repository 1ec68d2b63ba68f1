"""Several files as one model: imports are read, their roots put where they are named, names looked up."""

from collections.abc import Mapping

from configurator.engine.document import Problem
from configurator.engine.expressions import nearest_hint
from configurator.engine.uvl.parsing import Refusal, parse_model
from configurator.engine.uvl.tree import Feature, Import, Scope

MAX_MODELS = 200
MAX_FEATURES = 100_000


def link(text: str, imports: Mapping[str, str]) -> Scope:
    """The model with everything that it imports; raises `Refusal`.

    The keys of `imports` are names as imports write them (`folder.model`) or paths (`folder/model.uvl`).
    """
    texts = {_key(name): content for name, content in imports.items()}
    linker = _Linker(texts)
    scope = parse_model(text)
    linker.resolve(scope, (), ())
    if sum(1 for each in scope.all() for _ in each.features) > MAX_FEATURES:
        raise Refusal([Problem(1, 1, "", f"the model has more than {MAX_FEATURES:,} features")])
    return scope


def _key(name: str) -> tuple[str, ...]:
    """`folder/model.uvl` and `folder.model` are one name."""
    if "/" in name or "\\" in name or name.endswith(".uvl"):
        name = name.removesuffix(".uvl").replace("\\", "/").replace("/", ".")
    return tuple(part.strip('"') for part in name.split("."))


class _Linker:
    def __init__(self, texts: dict[tuple[str, ...], str]) -> None:
        self.texts = texts
        self.models = 0

    def resolve(
        self, scope: Scope, folder: tuple[str, ...], open_models: tuple[tuple[str, ...], ...]
    ) -> None:
        """Reads what the file imports and puts it in its place; `folder` is where the file lies."""
        problems: list[Problem] = []
        for one in scope.imports:
            found = self._found(one, folder)
            written = ".".join(one.path)
            if found is None:
                known = [".".join(key) for key in self.texts]
                hint = nearest_hint(written, known) or "give its text along with the model"
                problems.append(one.line.problem(_lead(one), f"there is no model {written} to import", hint))
            elif found in open_models:
                chain = " imports ".join(".".join(key) for key in (*open_models, found))
                problems.append(one.line.problem(_lead(one), "models import each other in a circle", chain))
            else:
                self.models += 1
                if self.models > MAX_MODELS:
                    message = f"more than {MAX_MODELS} models are imported"
                    raise Refusal([one.line.problem(_lead(one), message)])
                one.scope = self._read(one, found, scope, open_models)
        if not problems:
            problems += [problem for name in scope.features if (problem := _placed(scope, name))]
        if problems:
            raise Refusal(problems)

    def _found(self, one: Import, folder: tuple[str, ...]) -> tuple[str, ...] | None:
        for key in ((*folder, *one.path), one.path):
            if key in self.texts:
                return key
        return None

    def _read(
        self, one: Import, key: tuple[str, ...], scope: Scope, open_models: tuple[tuple[str, ...], ...]
    ) -> Scope:
        try:
            inner = parse_model(self.texts[key], prefix=(*scope.prefix, *one.alias))
            self.resolve(inner, key[:-1], (*open_models, key))
        except Refusal as refusal:
            name = ".".join(key)
            inside = [
                Problem(
                    each.line,
                    each.column,
                    each.where if each.where.startswith("model ") else f"model {name}",
                    each.message,
                    each.hint,
                )
                for each in refusal.problems
            ]
            raise Refusal(inside) from None
        return inner


def _lead(one: Import) -> int:
    return len(one.line.text) - len(one.line.text.lstrip())


def _placed(scope: Scope, name: str) -> Problem | None:
    """Puts the root of an imported model where a feature names it; what is wrong with that, or None."""
    feature = scope.features[name]
    if len(feature.path) == 1:
        return None
    found = scope.imported(feature.path)
    if found is None:
        models = [".".join(one.alias) for one in scope.imports]
        written = ".".join(feature.path[:-1])
        hint = nearest_hint(written, models) or f"import {written} first"
        return feature.line.problem(feature.column, f"no model {written} is imported", hint)
    inner, rest = found
    root = inner.features.get(rest[-1]) if len(rest) == 1 else None
    if root is None or root is not inner.root:
        name_of_root = inner.root.name if inner.root else ""
        message = f"{'.'.join(rest)} is not the root of the imported model"
        return feature.line.problem(
            feature.column, message, f"write {'.'.join(feature.path[:-1])}.{name_of_root}"
        )
    if root.parent is not None:
        return feature.line.problem(
            feature.column, f"{name} is placed twice", "import the model twice, under two names"
        )
    _graft(feature, root)
    inner.features[root.name] = feature
    for constraint in inner.constraints:
        if constraint.owner is root:
            constraint.owner = feature
    root.parent = feature
    return None


def _graft(feature: Feature, root: Feature) -> None:
    """The feature that names an imported root becomes it."""
    feature.kind = root.kind
    feature.attributes = {**root.attributes, **feature.attributes}
    feature.label = feature.label or root.label
    feature.listed = feature.listed or root.listed
    feature.groups = root.groups + feature.groups
    if (feature.low, feature.high) == (1, 1):
        feature.low, feature.high = root.low, root.high
    for group in root.groups:
        for child in group.features:
            child.parent = feature

"""What follows from choices without a search, and which rules lie between them.

Propagation alone refutes most of what is impossible. Its solvers never search, so they learn nothing: what
they say depends on the question only, never on what was asked before.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from operator import neg

from pysat.solvers import Glucose4

from configurator.engine.compiled import TRUE, ChoiceVariable, Clause, Knowledge, Variable
from configurator.engine.rules import options_of


class Propagation:
    """`rules` are the selectors of rules, by the number of the rule in the family."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.rules = tuple(knowledge.selectors.values())
        every = (knowledge.top, -knowledge.top)
        self._some = Glucose4(bootstrap_with=[*knowledge.clauses, every])
        units = [(selector,) for selector in self.rules]
        self._all = Glucose4(bootstrap_with=[*knowledge.clauses, *units, every])

    def following(self, literals: Sequence[int]) -> frozenset[int] | None:
        """What follows from literals by all rules; None where they refute each other."""
        fine, implied = self._all.propagate(assumptions=list(literals))
        return frozenset(implied) if fine else None

    def implied(self, literal: int, rule: int) -> Sequence[int]:
        """What follows from a literal by one rule alone; nothing is told where the rule refutes it."""
        fine, implied = self._some.propagate(assumptions=[literal, self.rules[rule]])
        return implied if fine else ()

    def refuted(self, literals: Sequence[int], rules: Iterable[int]) -> bool:
        """Whether these rules alone refute the literals."""
        selectors = [self.rules[rule] for rule in rules]
        return not self._some.propagate(assumptions=[*literals, *selectors])[0]


class Links:
    """Which rules speak of what: every option is a node, and what rules share beside options.

    Clauses that belong to no rule and speak of several options make one node of them.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self._parents: dict[int, int] = {}
        firsts: dict[str, int] = {}
        for code, variable in knowledge.variables.items():
            option = code if code in knowledge.spec.option_by_code else code.split(".")[0]
            for atom in literals_of(variable):
                self._join(atom, firsts.setdefault(option, atom))
        selectors = set(knowledge.selectors.values())
        for clause in knowledge.clauses:
            if selectors.isdisjoint(map(neg, clause)):
                rest = [abs(each) for each in clause if abs(each) != TRUE]
                for atom in rest:
                    self._join(atom, rest[0])
        atoms = [
            {abs(each) for clause in clauses for each in clause} for clauses in clauses_of_rules(knowledge)
        ]
        codes = list(knowledge.selectors)
        for code in knowledge.arithmetic:
            rule = knowledge.spec.rule_by_code[code]
            atoms[codes.index(code)].update(
                firsts[option] for option in options_of(rule, knowledge.spec) if option in firsts
            )
        self.nodes_of = [frozenset(map(self._root, each)) for each in atoms]
        self._options_at: dict[int, list[tuple[int, str]]] = {}
        for place, (option, atom) in enumerate(firsts.items()):
            self._options_at.setdefault(self._root(atom), []).append((place, option))
        self._options_of: dict[int, list[str]] = {}
        self._nodes_around: dict[int, frozenset[int]] = {}
        self._rules_at: dict[int, list[int]] = {}
        for number, nodes in enumerate(self.nodes_of):
            for node in nodes:
                self._rules_at.setdefault(node, []).append(number)

    def nodes(self, literals: Iterable[int]) -> frozenset[int]:
        """The nodes that literals belong to."""
        return frozenset(self._root(abs(literal)) for literal in literals if abs(literal) != TRUE)

    def rules_at(self, literal: int) -> Sequence[int]:
        """The rules that speak of a literal's option, in the family's order."""
        return self._rules_at.get(self._root(abs(literal)), ())

    def options_of(self, rule: int) -> Sequence[str]:
        """The options that a rule speaks of, in the family's order; none where clauses that belong to no rule
        tie one of them to another option.
        """
        found = self._options_of.get(rule)
        if found is None:
            every = (self._options_at.get(node, ()) for node in self.nodes_of[rule])
            options = [each for each in every if each]
            apart = all(len(each) == 1 for each in options)
            places = sorted(each[0] for each in options) if apart else []
            found = self._options_of[rule] = [option for _, option in places]
        return found

    def of_all(self, nodes: Collection[int]) -> list[int]:
        """The rules that speak of all these nodes, in the family's order."""
        first, *others = (self._rules_at.get(node, []) for node in nodes)
        return [rule for rule in first if all(rule in each for each in others)]

    def nearest_first(self, nodes: Collection[int]) -> Iterator[list[int]]:
        """All rules, ring by ring: those that speak of all the nodes, those of one that share something with
        one of each other's, all others that speak of any, then the rules that share something with those, and
        so on; what cannot be reached from the nodes comes last.
        """
        of_all = self.of_all(nodes) if nodes else []
        yield of_all
        taken, reached, edge = set(of_all), set(nodes), set(nodes)
        between = frozenset.intersection(*map(self._around, nodes)) - reached if nodes else frozenset()
        while edge:
            ring = {rule for node in edge for rule in self._rules_at.get(node, ())} - taken
            if between:
                yield sorted(rule for rule in ring if not between.isdisjoint(self.nodes_of[rule]))
                yield sorted(rule for rule in ring if between.isdisjoint(self.nodes_of[rule]))
                between = frozenset()
            else:
                yield sorted(ring)
            taken |= ring
            edge = {node for rule in ring for node in self.nodes_of[rule]} - reached
            reached |= edge
        yield [rule for rule in range(len(self.nodes_of)) if rule not in taken]

    def _around(self, node: int) -> frozenset[int]:
        """The nodes that share a rule with one."""
        found = self._nodes_around.get(node)
        if found is None:
            near = frozenset[int]().union(*(self.nodes_of[rule] for rule in self._rules_at.get(node, ())))
            found = self._nodes_around[node] = near
        return found

    def connect(self, rules: Iterable[int], nodes: Collection[int]) -> bool:
        """Whether rules lead from each of these nodes to all others."""
        reached, left = {next(iter(nodes))}, list(rules)
        while not reached.issuperset(nodes):
            near = [rule for rule in left if not reached.isdisjoint(self.nodes_of[rule])]
            if not near:
                return False
            left = [rule for rule in left if rule not in near]
            reached.update(*(self.nodes_of[rule] for rule in near))
        return True

    def _root(self, atom: int) -> int:
        while (parent := self._parents.get(atom, atom)) != atom:
            atom = parent
        return atom

    def _join(self, one: int, other: int) -> None:
        a, b = self._root(one), self._root(other)
        if a != b:
            self._parents[max(a, b)] = min(a, b)


def literals_of(variable: Variable) -> Iterable[int]:
    """The literals of a variable without their signs."""
    if isinstance(variable, ChoiceVariable):
        return [abs(literal) for literal in variable.literals if abs(literal) != TRUE]
    return range(variable.first, variable.first + variable.count - 1)


def clauses_of_rules(knowledge: Knowledge) -> list[list[Clause]]:
    """The clauses of each rule, in the family's order, without the selector that switches them on."""
    numbers = {-selector: number for number, selector in enumerate(knowledge.selectors.values())}
    found: list[list[Clause]] = [[] for _ in numbers]
    for clause in knowledge.clauses:
        for literal in clause:
            if literal in numbers:
                found[numbers[literal]].append(tuple(each for each in clause if each != literal))
                break
    return found

"""What one rule alone excludes beside one value: most refusals are seen from that, without a search.

    size small   R3 excludes   mount pins, mount strips      with "mount pins" chosen, R3 is the reason
    glass heavy  R7 excludes   mount none, mount glue        small and heavy leave no mount: R3 and R7 are

A rule excludes what any clause of it about two choices says, and what propagation derives. Values are bits of
plain integers, in the family's order, with an idle bit after the last value of each option: adding one at an
option's first value carries into that bit where all its values are excluded.
"""

from collections.abc import Mapping, Sequence

from configurator.engine.compiled import ChoiceVariable, Clause, Knowledge
from configurator.engine.points import union
from configurator.engine.propagation import Links, Propagation

# Sets of values of choices; unlike the points of a layout they have idle bits.
Values = int

# So many rules are asked about values before the first question, the others of larger families when needed;
# some 5 microseconds each.
_PREPARED = 10_000


class Exclusions:
    """Of choices only: numbers, texts and pictures have no values that could be counted out."""

    def __init__(
        self,
        knowledge: Knowledge,
        propagation: Propagation,
        links: Links,
        clauses_of: Sequence[Sequence[Clause]],
    ) -> None:
        self._propagation = propagation
        self._links = links
        self._blocks: dict[int, Values] = {}
        self._excluded_by: dict[int, Values] = {}
        self._of_nodes: dict[int, Values] = {}
        self._firsts = self._idle = 0
        self.bits: dict[int, Values] = {}
        """The value that each literal stands for."""
        self._option_at: dict[Values, str] = {}
        self._of_option: dict[str, Values] = {}
        offset = 0
        for code, variable in knowledge.variables.items():
            if isinstance(variable, ChoiceVariable) and variable.count > 1:
                option = code if code in knowledge.spec.option_by_code else code.split(".")[0]
                self._place(option, variable, offset)
                offset += variable.count + 1
        refused = [[self._refused_by(clause) for clause in clauses] for clauses in clauses_of]
        self._pairs = [tuple(each for each in every if len(each) == 2) for every in refused]
        self.refused = [every[0] if len(every) == 1 else () for every in refused]
        """Of each rule that is one clause about choices the values that do not keep it, option by option."""
        self._by_each: dict[int, tuple[tuple[int, Values], ...]] = {}
        self._by_any: dict[int, Values] = {}
        self._of_options: dict[int, tuple[tuple[str, Values], ...]] = {}
        self._prepare()

    def _place(self, option: str, variable: ChoiceVariable, offset: int) -> None:
        block = ((1 << variable.count) - 1) << offset
        self._of_option[option] = self._of_option.get(option, 0) | block
        self._firsts |= 1 << offset
        self._idle |= 1 << offset + variable.count
        (node,) = self._links.nodes(variable.literals)
        self._of_nodes[node] = self._of_nodes.get(node, 0) | block
        for index, literal in enumerate(variable.literals):
            bit = self.bits[literal] = 1 << offset + index
            self._option_at[bit] = option
            for true, excluded in ((literal, block ^ bit), (-literal, bit)):
                self._blocks[true] = block
                self._excluded_by[true] = self._excluded_by.get(true, 0) | excluded

    def _refused_by(self, clause: Clause) -> tuple[Values, ...]:
        """The values that do not keep a clause, option by option; none where not only choices can keep it."""
        refused: dict[Values, Values] = {}
        for literal in clause:
            block = self._blocks.get(literal, 0)
            refused[block] = refused.get(block, block) & self._excluded_by.get(literal, 0)
        return () if 0 in refused else tuple(refused.values())

    def _prepare(self) -> None:
        asked = 0
        for literal in self.bits:
            asked += len(self._links.rules_at(literal))
            if asked > _PREPARED:
                return
            self.of_options(literal)

    def by_each(self, literal: int) -> tuple[tuple[int, Values], ...]:
        """The rules, in the family's order, that exclude values of other options beside one, and which."""
        found = self._by_each.get(literal)
        if found is None:
            every = ((rule, self._beside(literal, rule)) for rule in self._links.rules_at(literal))
            found = self._by_each[literal] = tuple(each for each in every if each[1])
        return found

    def by_any(self, literal: int) -> Values:
        """All that single rules exclude of other options beside a value."""
        found = self._by_any.get(literal)
        if found is None:
            found = self._by_any[literal] = union(values for _, values in self.by_each(literal))
        return found

    def of_options(self, literal: int) -> tuple[tuple[str, Values], ...]:
        """The same option by option, in the family's order."""
        found = self._of_options.get(literal)
        if found is None:
            left, every = self.by_any(literal), list[tuple[str, Values]]()
            while left:
                option = self._option_at[left & -left]
                every.append((option, left & self._of_option[option]))
                left &= ~self._of_option[option]
            found = self._of_options[literal] = tuple(every)
        return found

    def _beside(self, literal: int, rule: int) -> Values:
        bit, excluded = self.bits[literal], 0
        for one, other in self._pairs[rule]:
            excluded |= (other if bit & one else 0) | (one if bit & other else 0)
        if not self.refused[rule]:
            for implied in self._propagation.implied(literal, rule):
                excluded |= self._excluded_by.get(implied, 0)
        (node,) = self._links.nodes((literal,))
        return excluded & ~self._of_nodes[node]

    def first_between(self, wish: int, chosen: Mapping[str, int]) -> tuple[str, int, int] | None:
        """The first option whose choice leaves another one without values, and the first two rules by which:
        one excludes some of these beside the wish, the other the rest beside the choice.
        """
        by_any, firsts, idle = self._by_any, self._firsts, self._idle
        excluded = self.by_any(wish)
        for option, literal in chosen.items() if excluded else ():
            also = by_any[literal] if literal in by_any else self.by_any(literal)
            if (excluded | also) + firsts & idle:
                for first, some in self.by_each(wish):
                    for second, rest in self.by_each(literal) if (some | also) + firsts & idle else ():
                        if (some | rest) + firsts & idle:
                            return option, first, second
        return None

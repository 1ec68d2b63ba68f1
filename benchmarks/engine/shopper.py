"""A shopper who chooses at random, only among what is offered; never refused unless the kernel errs."""

import math
import random
import time
from dataclasses import dataclass, field

from configurator.engine.answers import OptionAnswer
from configurator.engine.domains import Kernel
from configurator.engine.spec import Choice, OptionSpec

Clicks = list[dict[str, Choice]]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
PICTURE = "0" * 64
TRIES = 12


@dataclass
class Walk:
    """`states` after each click; `stuck` names the option where nothing offered could be had."""

    states: Clicks = field(default_factory=list)
    stuck: str = ""
    unknown: int = 0
    final: dict[str, Choice] = field(default_factory=dict)


class Shopper:
    def __init__(self, kernel: Kernel, chance: random.Random) -> None:
        self.kernel = kernel
        self.chance = chance

    def walk(self, *, most: int, changes: float = 0.0, until: float = math.inf) -> Walk:
        """Up to `most` clicks on open options in random order; with `changes`, some choices are made anew.

        It ends at the time `until` of the processor time of this process.
        """
        walk = Walk()
        choices: dict[str, Choice] = {}
        answer = self.kernel.answer(choices)
        order = list(self.kernel.spec.options)
        self.chance.shuffle(order)
        while order and len(walk.states) < most and not walk.stuck and time.process_time() < until:
            again = bool(choices) and self.chance.random() < changes
            option = (
                self.kernel.spec.option_by_code[self.chance.choice(list(choices))] if again else order.pop()
            )
            offered = answer.options[option.code]
            if offered.forced is not None and not again:
                continue
            wanted = self._offered(option, offered, choices)
            if wanted is None:
                if option.required or option.kind not in ("text", "image", "placement"):
                    walk.stuck = option.code
                continue
            choices = {**choices, option.code: wanted}
            answer = self.kernel.answer(choices)
            walk.unknown += sum("unknown" in each.values.values() for each in answer.options.values())
            walk.states.append(choices)
            if not answer.consistent:
                walk.stuck = option.code
        walk.final = choices
        return walk

    def _offered(
        self, option: OptionSpec, offered: OptionAnswer, choices: dict[str, Choice]
    ) -> Choice | None:
        """Something that the answer says can be chosen."""
        open_values = [code for code, state in offered.values.items() if state != "impossible"]
        if option.kind in ("choice", "switch"):
            return self.chance.choice(open_values) if open_values else None
        if option.kind == "multiple":
            return self._some_of(option, open_values, choices)
        if option.kind == "integer":
            return self._number(option, offered)
        low, high = offered.length_low, offered.length_high
        if low is None or high is None:
            return None
        return self._text_or_picture(option, low, high, choices)

    def _number(self, option: OptionSpec, offered: OptionAnswer) -> int | None:
        if offered.low is None or offered.high is None:
            return None
        for _ in range(100):
            number = self.chance.randrange(offered.low, offered.high + 1, option.step)
            if not any(low <= number <= high for low, high in offered.holes):
                return number
        return offered.low

    def _some_of(self, option: OptionSpec, values: list[str], choices: dict[str, Choice]) -> str | None:
        """A set that goes: the answer judges one value at a time, the kernel the set."""
        for _ in range(TRIES):
            if len(values) < option.least:
                break
            size = self.chance.randint(option.least, min(option.most, len(values)))
            some = set(self.chance.sample(values, size))
            wanted = ",".join(code for code in option.codes if code in some)
            if self.kernel.consistent({**choices, option.code: wanted}):
                return wanted
        done = self.kernel.complete({code: each for code, each in choices.items() if code != option.code})
        return str(done[option.code]) if done is not None else None

    def _text_or_picture(
        self, option: OptionSpec, low: int, high: int, choices: dict[str, Choice]
    ) -> str | None:
        """A text of an offered length; a shorter one where the letters come out too wide."""
        for attempt in range(TRIES):
            length = self.chance.randint(low, high) if attempt < TRIES - 1 else low
            if option.kind == "image":
                wanted = PICTURE if length else ""
            elif option.kind == "placement":
                wanted = self._placement() if length else ""
            else:
                wanted = "".join(self.chance.choices(LETTERS, k=length))
            if (wanted or not option.required) and self.kernel.consistent({**choices, option.code: wanted}):
                return wanted
        return None

    def _placement(self) -> str:
        """Anywhere about the middle of a mug, in any size and turn; millimetres and degrees."""
        x, y = self.chance.randint(60, 140), self.chance.randint(20, 60)
        return f"{x},{y},{self.chance.randint(10, 60)},{self.chance.choice((0, -15, 90))}"


def judged(kernel: Kernel, walk: Walk) -> bool:
    """Whether the walk ends in what can be ordered: nothing stuck, completed, no rule broken."""
    if walk.stuck:
        return False
    done = kernel.complete(walk.final)
    if done is None or not _agrees(done, walk.final):
        return False
    done = _with_texts_and_pictures(kernel, done)
    return kernel.answer(done).complete and not kernel.violations(done)


def _with_texts_and_pictures(kernel: Kernel, done: dict[str, Choice]) -> dict[str, Choice]:
    """What only a person can give, and the answer says is missing: the shortest text, a picture."""
    for code in kernel.answer(done).missing:
        length = kernel.answer(done).options[code].length_low or 0
        is_picture = kernel.spec.option_by_code[code].kind == "image"
        done = {**done, code: PICTURE if is_picture else "x" * max(length, 1)}
    return done


def _agrees(done: dict[str, Choice], choices: dict[str, Choice]) -> bool:
    return all(done.get(code, "") == choice for code, choice in choices.items())

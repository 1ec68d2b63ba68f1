"""What a shopper has chosen: checked against the options and brought into one form."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from wcwidth import iter_graphemes

from configurator.engine.expressions import nearest_hint
from configurator.engine.placing import PlacementError, read_placement, write_placement
from configurator.engine.spec import Choice, FamilySpec, OptionSpec

# A cluster of Hindi or of a family emoji needs up to ten code points; "Zalgo" text stacks hundreds.
CODE_POINTS_A_LETTER = 12
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ChoiceProblem:
    option: str
    value: Any
    message: str
    hint: str = ""


class ChoiceError(Exception):
    """Choices that no rule needs to judge: unknown options or values, off the grid, texts too long."""

    def __init__(self, problems: tuple[ChoiceProblem, ...]) -> None:
        super().__init__(" ".join(problem.message for problem in problems))
        self.problems = problems


def text_length(text: str) -> int:
    """The length of a text in grapheme clusters: what a reader counts as letters."""
    return sum(1 for _ in iter_graphemes(text))


def first_letters(text: str, count: int) -> str:
    """The beginning of a text, cut between grapheme clusters."""
    return "".join(islice(iter_graphemes(text), count))


def normalise(spec: FamilySpec, choices: Mapping[str, Any]) -> dict[str, Choice]:
    """The choices in the family's order: codes as text, numbers as int, texts in NFC; None means not chosen.

    An empty text is a choice (of no text) where the text is optional, and no choice where it is required.
    Raises `ChoiceError` with everything that is wrong.
    """
    known = spec.plain_choices
    result: dict[str, Choice] = {}
    unknown: list[ChoiceProblem] = []
    wrong: dict[str, ChoiceProblem] = {}
    last, ordered = -1, True
    for code, value in choices.items():
        if code not in known:
            message, hint = f"{spec.name} has no option {code}.", nearest_hint(str(code), known)
            unknown.append(ChoiceProblem(str(code), value, message, hint))
            continue
        place, plain = known[code]
        ordered = ordered and last < place
        last = place
        if type(value) is str and value in plain:
            result[code] = value
        elif value is not None:
            checked = check_choice(spec.options[place], value)
            if isinstance(checked, ChoiceProblem):
                wrong[code] = checked
            elif checked != "" or may_be_empty(spec.options[place]):
                result[code] = checked
    if unknown or wrong:
        raise ChoiceError((*unknown, *(wrong[code] for code in known if code in wrong)))
    return result if ordered else {code: result[code] for code in sorted(result, key=known.__getitem__)}


def may_be_empty(option: OptionSpec) -> bool:
    """Whether "" is a choice: no text, or none of several values; elsewhere it means not chosen."""
    return (option.kind == "text" and not option.required) or (
        option.kind == "multiple" and option.least == 0
    )


def codes_of(choice: Choice) -> tuple[str, ...]:
    """The codes in the choice of a multiple."""
    return tuple(str(choice).split(",")) if choice != "" else ()


def joined(option: OptionSpec, codes: Collection[str]) -> str:
    """The choice of a multiple that stands for these codes."""
    return ",".join(code for code in option.codes if code in codes)


def decided(option: OptionSpec, choice: Choice) -> dict[str, bool]:
    """Which values of a multiple a choice decides: all of them, or while fewer are chosen than there have to
    be, only those chosen (the others are still open)."""
    chosen = codes_of(choice)
    if len(chosen) < option.least:
        return dict.fromkeys(chosen, True)
    return {code: code in chosen for code in option.codes}


def settled(option: OptionSpec, choice: Choice | None) -> bool:
    """Whether an option is chosen, and of several values as many as there have to be."""
    if option.kind == "multiple":
        return choice is not None and len(codes_of(choice)) >= option.least
    return choice is not None


def choices_json(spec: FamilySpec, choices: Mapping[str, Choice]) -> dict[str, Choice | list[str]]:
    """The choices as others read them: those of a multiple as a list of codes."""
    options = spec.option_by_code
    return {
        code: list(codes_of(choice)) if code in options and options[code].kind == "multiple" else choice
        for code, choice in choices.items()
    }


def check_choice(option: OptionSpec, value: Any) -> Choice | ChoiceProblem:
    """The value in its one form, or what is wrong with it."""
    if option.kind == "choice":
        return _check_code(option, value)
    if option.kind == "switch":
        return _check_switch(option, value)
    if option.kind == "multiple":
        return _check_several(option, value)
    if option.kind == "integer":
        return _check_number(option, value)
    if not isinstance(value, str):
        return ChoiceProblem(option.code, value, f"{option.name} has to be text.")
    if option.kind == "placement":
        return _check_placement(option, value)
    if option.kind == "image":
        if value == "" or _SHA256.fullmatch(value):
            return value
        return ChoiceProblem(
            option.code, value, f"{option.name}: this picture is not known.", "upload it first"
        )
    return _check_text(option, value)


def _check_code(option: OptionSpec, value: Any) -> Choice | ChoiceProblem:
    code = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(code, str) and code in option.value_by_code:
        return code
    shown = _shown(value)
    hint = nearest_hint(str(shown), option.codes)
    return ChoiceProblem(option.code, shown, f"{option.name} has no value {shown}.", hint)


_TRUTHS = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}


def _check_switch(option: OptionSpec, value: Any) -> Choice | ChoiceProblem:
    if value == "":
        return ""
    word = str(value).lower() if isinstance(value, bool | str) else ""
    if word in _TRUTHS:
        return _TRUTHS[word]
    return ChoiceProblem(option.code, _shown(value), f"{option.name} is yes or no.")


def _check_several(option: OptionSpec, value: Any) -> Choice | ChoiceProblem:
    if isinstance(value, str):
        given: Sequence[Any] = value.split(",", len(option.values)) if value else ()
    elif isinstance(value, list | tuple):
        given = value
    else:
        return ChoiceProblem(option.code, _shown(value), f"{option.name} has to be a list of values.")
    if len(given) > len(option.values):
        message = f"{option.name} has {len(option.values)} values, these are more."
        return ChoiceProblem(option.code, _shown(value), message, "name each value once")
    codes = set()
    for each in given:
        code = _check_code(option, each.strip() if isinstance(each, str) else each)
        if isinstance(code, ChoiceProblem):
            return code
        codes.add(str(code))
    if len(codes) > option.most:
        message = f"Of {option.name} {option.most} can be chosen at most, these are {len(codes)}."
        return ChoiceProblem(option.code, _shown(value), message, "leave another one out first")
    return joined(option, codes)


def _shown(value: Any) -> Any:
    """What is told of a value that is none: never more than a line of it."""
    return value if isinstance(value, bool | int) or value is None else str(value)[:80]


def _check_number(option: OptionSpec, value: Any) -> Choice | ChoiceProblem:
    if isinstance(value, str) and re.fullmatch(r"\s*[-+]?[0-9]{1,12}\s*", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return ChoiceProblem(option.code, value, f"{option.name} has to be a whole number.")
    nearest = nearest_number(option, value)
    if nearest == value:
        return value
    unit = f" {option.unit}" if option.unit else ""
    limits = f"{option.name} goes from {option.minimum} to {option.maximum}{unit}"
    steps = f" in steps of {option.step}" if option.step != 1 else ""
    return ChoiceProblem(option.code, value, f"{limits}{steps}.", f"the nearest is {nearest}{unit}")


def nearest_number(option: OptionSpec, value: int) -> int:
    """The number on the option's grid that is nearest, the lower one of two."""
    last = (option.maximum - option.minimum) // option.step
    below, beyond = divmod(value - option.minimum, option.step)
    index = below if 2 * beyond <= option.step else below + 1
    return option.minimum + max(0, min(last, index)) * option.step


def _check_placement(option: OptionSpec, value: str) -> Choice | ChoiceProblem:
    if value.strip() == "":
        return ""
    try:
        return write_placement(read_placement(value))
    except PlacementError as refusal:
        return ChoiceProblem(option.code, _shown(value), f"{option.name}: {refusal}")


def _check_text(option: OptionSpec, value: str) -> Choice | ChoiceProblem:
    text = unicodedata.normalize("NFC", value)
    if len(text) > option.max_length * CODE_POINTS_A_LETTER or text_length(text) > option.max_length:
        return ChoiceProblem(
            option.code, value[:80], f"{option.name} may have {option.max_length} letters at most."
        )
    # Control characters and half surrogates cannot be engraved; ZWJ and the like (Cf) are part of writing.
    unprintable = [
        character for character in text if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
    ]
    if unprintable:
        return ChoiceProblem(
            option.code, value[:80], f"{option.name} holds a character that cannot be written."
        )
    return text

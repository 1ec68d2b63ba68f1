"""The Unicode bidirectional algorithm (UAX #9): in which order letters of mixed directions stand on a line.

`levels` gives the embedding level of every character of one line (even: left to right, odd: right to left),
`level_runs` the pieces of one level in the order in which they are seen, left to right. HarfBuzz shapes each
piece in its own direction and mirrors brackets itself, so no character is reordered or replaced here.
The numbers of the rules (X1, W1, N0, L1 ...) are those of the annex.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

MAX_DEPTH = 125
MAX_OPEN_BRACKETS = 63

_ISOLATES = {"LRI", "RLI", "FSI"}
_EMBEDDINGS = {"LRE", "RLE", "LRO", "RLO"}
_REMOVED = _EMBEDDINGS | {"PDF", "BN"}
_NEUTRAL = {"B", "S", "WS", "ON"} | _ISOLATES | {"PDI"}
# Opening brackets whose partner is not the next code point (BidiBrackets.txt).
_ODD_BRACKETS = {"[": "]", "{": "}", "\u298d": "\u2990", "\u298f": "\u298e"}
# Python's table gives "" for characters that are not assigned in its Unicode version.
_UNASSIGNED_RIGHT = ((0x0590, 0x05FF, "R"), (0x0600, 0x07BF, "AL"), (0x0860, 0x08FF, "AL"))


@dataclass(frozen=True, slots=True)
class LevelRun:
    """The characters `start` up to `end` of the line, all of one level."""

    start: int
    end: int
    level: int

    @property
    def right_to_left(self) -> bool:
        return self.level % 2 == 1


def class_of(character: str) -> str:
    known = unicodedata.bidirectional(character)
    if known:
        return known
    code = ord(character)
    return next((kind for low, high, kind in _UNASSIGNED_RIGHT if low <= code <= high), "L")


def base_level(classes: list[str]) -> int:
    """P2 and P3: the direction of the first strong letter outside isolates; 0 when there is none."""
    depth = 0
    for kind in classes:
        if kind in _ISOLATES:
            depth += 1
        elif kind == "PDI":
            depth = max(depth - 1, 0)
        elif depth == 0 and kind in ("L", "R", "AL"):
            return 0 if kind == "L" else 1
    return 0


def levels(text: str, *, base: int | None = None) -> tuple[int, ...]:
    """The embedding level of each character of one line."""
    original = [class_of(character) for character in text]
    paragraph = base_level(original) if base is None else base
    explicit, classes = _explicit(original, paragraph)
    result = list(explicit)
    for sequence in _isolating_runs(original, explicit):
        _resolve(text, original, classes, explicit, result, sequence, paragraph)
    _take_up_removed(original, result, paragraph)
    _reset_white_space(original, result, paragraph)
    return tuple(result)


def level_runs(text: str, *, base: int | None = None) -> tuple[LevelRun, ...]:
    """The runs of one level, from left to right as they are seen (L2)."""
    of = levels(text, base=base)
    runs: list[LevelRun] = []
    start = 0
    for index in range(1, len(of) + 1):
        if index == len(of) or of[index] != of[start]:
            runs.append(LevelRun(start, index, of[start]))
            start = index
    for level in range(max(of, default=0), 0, -1):
        runs = _reversed_from(runs, level)
    return tuple(runs)


def _reversed_from(runs: list[LevelRun], level: int) -> list[LevelRun]:
    result: list[LevelRun] = []
    group: list[LevelRun] = []
    for run in runs:
        if run.level >= level:
            group.insert(0, run)
            continue
        result += [*group, run]
        group = []
    return result + group


def _explicit(original: list[str], paragraph: int) -> tuple[list[int], list[str]]:
    """X1 to X8: levels from embedding, override and isolate characters; classes with overrides applied."""
    closing = _matching_isolates(original)
    result, classes = [paragraph] * len(original), list(original)
    stack: list[tuple[int, str, bool]] = [(paragraph, "", False)]
    overflow_isolates = overflow_embeddings = valid_isolates = 0
    for index, kind in enumerate(original):
        level, override, _ = stack[-1]
        if kind in _ISOLATES or kind in _EMBEDDINGS:
            result[index] = level
            if kind in _ISOLATES and override:
                classes[index] = override
            if kind == "FSI":
                inner = original[index + 1 : closing.get(index, len(original))]
                kind = "RLI" if base_level(inner) else "LRI"
            odd = kind[0] == "R"
            deeper = level + 1 if (level % 2 == 0) == odd else level + 2
            if deeper <= MAX_DEPTH and not overflow_isolates and not overflow_embeddings:
                isolate = kind in _ISOLATES
                valid_isolates += isolate
                stack.append((deeper, {"LRO": "L", "RLO": "R"}.get(kind, ""), isolate))
            elif kind in _ISOLATES:
                overflow_isolates += 1
            elif not overflow_isolates:
                overflow_embeddings += 1
        elif kind == "PDI":
            if overflow_isolates:
                overflow_isolates -= 1
            elif valid_isolates:
                overflow_embeddings = 0
                while not stack[-1][2]:
                    stack.pop()
                stack.pop()
                valid_isolates -= 1
            result[index] = stack[-1][0]
            if stack[-1][1]:
                classes[index] = stack[-1][1]
        elif kind == "PDF":
            result[index] = level
            if overflow_isolates:
                continue
            if overflow_embeddings:
                overflow_embeddings -= 1
            elif not stack[-1][2] and len(stack) > 1:
                stack.pop()
        elif kind == "B":
            result[index] = paragraph
        else:
            result[index] = level
            if override and kind != "BN":
                classes[index] = override
    return result, classes


def _matching_isolates(original: list[str]) -> dict[int, int]:
    """BD9: the closing character of every isolate that has one."""
    matching: dict[int, int] = {}
    waiting: list[int] = []
    for index, kind in enumerate(original):
        if kind in _ISOLATES:
            waiting.append(index)
        elif kind == "PDI" and waiting:
            matching[waiting.pop()] = index
    return matching


def _isolating_runs(original: list[str], level_of: list[int]) -> list[list[int]]:
    """BD13 and X10: level runs without the characters X9 removes, joined over isolates."""
    runs: list[list[int]] = []
    for index, kind in enumerate(original):
        if kind in _REMOVED:
            continue
        if runs and level_of[runs[-1][-1]] == level_of[index]:
            runs[-1].append(index)
        else:
            runs.append([index])
    closing = _matching_isolates(original)
    opening = {end: start for start, end in closing.items()}
    starting_at = {run[0]: run for run in runs}
    sequences = []
    for run in runs:
        if run[0] in opening:
            continue
        sequence = list(run)
        while sequence[-1] in closing:
            sequence += starting_at[closing[sequence[-1]]]
        sequences.append(sequence)
    return sequences


def _resolve(
    text: str,
    original: list[str],
    classes: list[str],
    explicit: list[int],
    result: list[int],
    sequence: list[int],
    paragraph: int,
) -> None:
    """W1 to W7, N0 to N2, I1 and I2 on one isolating run sequence; writes its levels into `result`."""
    level = explicit[sequence[0]]
    before = _neighbour_level(original, explicit, sequence[0], -1, paragraph)
    after = paragraph
    if original[sequence[-1]] not in _ISOLATES:
        after = _neighbour_level(original, explicit, sequence[-1], 1, paragraph)
    start = "R" if max(level, before) % 2 else "L"
    end = "R" if max(level, after) % 2 else "L"
    kinds = [classes[index] for index in sequence]
    _resolve_weak(kinds, start)
    _resolve_brackets([text[i] for i in sequence], [original[i] for i in sequence], kinds, start, level)
    _resolve_neutral(kinds, start, end, level)
    for index, kind in zip(sequence, kinds, strict=True):
        if level % 2 == 0:
            result[index] = level + {"R": 1, "AN": 2, "EN": 2}.get(kind, 0)
        else:
            result[index] = level + (1 if kind in ("L", "EN", "AN") else 0)


def _neighbour_level(original: list[str], explicit: list[int], index: int, step: int, paragraph: int) -> int:
    index += step
    while 0 <= index < len(original):
        if original[index] not in _REMOVED:
            return explicit[index]
        index += step
    return paragraph


def _resolve_weak(kinds: list[str], start: str) -> None:
    previous = start
    for i, kind in enumerate(kinds):  # W1
        if kind == "NSM":
            kinds[i] = "ON" if previous in _ISOLATES or previous == "PDI" else previous
        previous = kinds[i]
    strong = start
    for i, kind in enumerate(kinds):  # W2 and, since later rules do not ask for AL before numbers, W3
        if kind in ("L", "R", "AL"):
            strong = kind
        elif kind == "EN" and strong == "AL":
            kinds[i] = "AN"
    kinds[:] = ["R" if kind == "AL" else kind for kind in kinds]
    for i in range(1, len(kinds) - 1):  # W4
        around = (kinds[i - 1], kinds[i + 1])
        if kinds[i] == "ES" and around == ("EN", "EN"):
            kinds[i] = "EN"
        elif kinds[i] == "CS" and around in (("EN", "EN"), ("AN", "AN")):
            kinds[i] = around[0]
    i = 0
    while i < len(kinds):  # W5
        if kinds[i] != "ET":
            i += 1
            continue
        end = i
        while end < len(kinds) and kinds[end] == "ET":
            end += 1
        if (i > 0 and kinds[i - 1] == "EN") or (end < len(kinds) and kinds[end] == "EN"):
            kinds[i:end] = ["EN"] * (end - i)
        i = end
    kinds[:] = ["ON" if kind in ("ES", "ET", "CS") else kind for kind in kinds]  # W6
    strong = start
    for i, kind in enumerate(kinds):  # W7
        if kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[i] = "L"


def closing_bracket(character: str) -> str | None:
    """The closing partner of an opening bracket (BD14); None when the character opens no pair."""
    if character in _ODD_BRACKETS:
        return _ODD_BRACKETS[character]
    if unicodedata.category(character) != "Ps" or not unicodedata.mirrored(character):
        return None
    partner = chr(ord(character) + 1)
    return partner if unicodedata.category(partner) == "Pe" else None


def _resolve_brackets(
    characters: list[str], original: list[str], kinds: list[str], start: str, level: int
) -> None:
    """N0: both brackets of a pair take the direction of what they enclose, or of what stands before."""
    embedding = "R" if level % 2 else "L"
    for opening, closing in _bracket_pairs(characters, kinds):
        inside = {_strong(kind) for kind in kinds[opening + 1 : closing]} - {None}
        if not inside:
            continue
        direction = embedding
        if embedding not in inside:
            context = next((found for k in reversed(kinds[:opening]) if (found := _strong(k))), start)
            direction = context if context != embedding else embedding
        for index in (opening, closing):
            kinds[index] = direction
            following = index + 1
            while following < len(kinds) and original[following] == "NSM":
                kinds[following] = direction
                following += 1


def _bracket_pairs(characters: list[str], kinds: list[str]) -> list[tuple[int, int]]:
    """BD16."""
    pairs: list[tuple[int, int]] = []
    waiting: list[tuple[str, int]] = []
    for index, character in enumerate(characters):
        if kinds[index] != "ON":
            continue
        closing = closing_bracket(character)
        if closing:
            if len(waiting) == MAX_OPEN_BRACKETS:
                return []
            waiting.append((unicodedata.normalize("NFC", closing), index))
            continue
        wanted = unicodedata.normalize("NFC", character)
        for depth in range(len(waiting) - 1, -1, -1):
            if waiting[depth][0] == wanted:
                pairs.append((waiting[depth][1], index))
                del waiting[depth:]
                break
    return sorted(pairs)


def _strong(kind: str) -> str | None:
    return "R" if kind in ("R", "EN", "AN") else "L" if kind == "L" else None


def _resolve_neutral(kinds: list[str], start: str, end: str, level: int) -> None:
    i = 0
    while i < len(kinds):
        if kinds[i] not in _NEUTRAL:
            i += 1
            continue
        stop = i
        while stop < len(kinds) and kinds[stop] in _NEUTRAL:
            stop += 1
        before = start if i == 0 else _strong(kinds[i - 1])
        after = end if stop == len(kinds) else _strong(kinds[stop])
        embedding = "R" if level % 2 else "L"
        kinds[i:stop] = [before if before and before == after else embedding] * (stop - i)  # N1, N2
        i = stop


def _take_up_removed(original: list[str], result: list[int], paragraph: int) -> None:
    """Characters that X9 removes draw nothing; they go with the letter before them."""
    previous = paragraph
    for index, kind in enumerate(original):
        if kind in _REMOVED:
            result[index] = previous
        previous = result[index]


def _reset_white_space(original: list[str], result: list[int], paragraph: int) -> None:
    """L1: separators, and white space before them or at the end of the line, go with the paragraph."""
    trailing = True
    for index in range(len(original) - 1, -1, -1):
        kind = original[index]
        if kind in ("S", "B"):
            trailing = True
        elif kind not in ("WS", "PDI") and kind not in _ISOLATES and kind not in _REMOVED:
            trailing = False
        if trailing:
            result[index] = paragraph

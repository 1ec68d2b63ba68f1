"""Every value of a family tried once: what a shopper could choose has to be priced, made and drawn.

Rules are checked by the kernel for all configurations; amounts, sizes, colours and fonts are
worked out only for the one that is shown. A mistake in them would come to light on the page.
"""

from collections.abc import Iterator, Mapping

from configurator.engine.choices import joined
from configurator.engine.domains import Kernel
from configurator.engine.fonts import FontLibrary, UnknownFont
from configurator.engine.layout import LayoutError, lay_out
from configurator.engine.manufacturing import NotDefined, work_of
from configurator.engine.pricing import PriceError, price
from configurator.engine.spec import Choice, FamilySpec

FAULTS = (PriceError, NotDefined, LayoutError, UnknownFont)
MOST = 5  # reasons told of one family: the first explain the others


def faults(spec: FamilySpec, kernel: Kernel, fonts: FontLibrary) -> tuple[str, ...]:
    """What goes wrong with the defaults, with the author's valid tests, with each value of a choice and with
    the ends of each number.

    The rest is completed with the defaults; pictures stay open. Each sentence once, with the choice
    that first met it.
    """
    found: dict[str, str] = {}
    if not (spec.surfaces or spec.manufacture or spec.prices):
        return ()
    for label, wanted in _trials(spec):
        full = kernel.complete(wanted)
        if full is None:
            continue  # a dead value is no fault of what is drawn
        for text in _faults_of(spec, full, fonts):
            found.setdefault(text, f"{label}: {text}")
        if len(found) >= MOST:
            break
    return tuple(found.values())[:MOST]


def _trials(spec: FamilySpec) -> Iterator[tuple[str, Mapping[str, Choice]]]:
    yield "With the defaults", spec.defaults
    for case in spec.tests:
        if case.expect != "refused" and case.choices:
            assumed = spec.defaults if case.expect == "valid" else {}
            yield f"With {dict(case.choices)}", {**assumed, **case.choices}
    for option in spec.options:
        values: tuple[Choice | None, ...] = ()
        if option.kind in ("choice", "switch"):
            values = option.codes
        elif option.kind == "multiple":
            values = (*option.codes, joined(option, option.codes[: option.most]))
        elif option.kind == "integer":
            values = (option.minimum, option.maximum)
        for value in values:
            if value is not None:
                yield f"With {option.code} = {value}", {option.code: value}


def _faults_of(spec: FamilySpec, choices: Mapping[str, Choice], fonts: FontLibrary) -> Iterator[str]:
    try:
        price(spec, choices, quantity=1)
    except FAULTS as fault:
        yield str(fault)
    try:
        work_of(spec, choices)
    except FAULTS as fault:
        yield str(fault)
    for surface in spec.surfaces:
        try:
            lay_out(spec=spec, choices=choices, surface=surface.code, fonts=fonts, assets={})
        except FAULTS as fault:
            yield str(fault)

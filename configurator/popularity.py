"""What other shoppers chose: how often each value stands in the newest frozen designs of a family."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.core.cache import cache

from configurator.engine.choices import codes_of
from configurator.engine.spec import FREE_KINDS, FamilySpec
from configurator.models import Design, Version

NEWEST = 2_000  # designs that are looked at
KEPT = 600  # seconds; taste changes slowly


def popularity_of(version: Version, spec: FamilySpec) -> Mapping[tuple[str, str], int]:
    """Counts by (variable, value) for `Kernel.complete_best`; at most one query, kept for a while."""
    key = f"popularity:{version.content_hash}"
    found: Mapping[tuple[str, str], int] | None = cache.get(key)
    if found is None:
        designs = Design.objects.filter(version__family=version.family_id).order_by("-created_at")
        found = counted(spec, designs.values_list("choices", flat=True)[:NEWEST])
        cache.set(key, found, KEPT)
    return found


def counted(spec: FamilySpec, chosen: Any) -> Mapping[tuple[str, str], int]:
    """The counts of these choices, as far as the family knows their options and values."""
    counts: Counter[tuple[str, str]] = Counter()
    for choices in chosen:
        for code, value in choices.items():
            option = spec.option_by_code.get(code)
            if option is None or option.kind in FREE_KINDS:
                continue
            if option.kind == "multiple":
                taken = codes_of(value)
                counts.update((f"{code}.{each}", "yes" if each in taken else "no") for each in option.codes)
            elif option.kind == "integer" or value in option.value_by_code:
                counts[code, str(value)] += 1
    return dict(counts)

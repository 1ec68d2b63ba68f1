"""What staff type: filters of the queue, reasons, pieces to split off."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django import forms

from configurator.models import Family
from production.delays import KINDS
from production.models import Machine, Operation, PlannerSettings, RunState, WorkCentre
from production.stock import MOST, Delivery
from production.words import Names

DUE = (("", "any time"), ("late", "overdue"), ("today", "within a day"), ("week", "within a week"))
STATES = (
    ("", "waiting or planned"),
    ("ready", "waiting"),
    ("planned", "planned"),
    ("made", "made, to be shipped"),
)


def mistakes(form: forms.BaseForm) -> str:
    """Everything that is wrong with what was typed, for a message."""
    return " ".join(str(text) for texts in form.errors.values() for text in texts)


class QueueFilter(forms.Form):
    """All fields may be empty; what cannot be read is ignored rather than refused."""

    q = forms.CharField(required=False, max_length=60, label="Order")
    family = forms.ChoiceField(required=False, label="Family")
    state = forms.ChoiceField(required=False, choices=STATES, label="State")
    due = forms.ChoiceField(required=False, choices=DUE, label="Promised")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        families = Family.objects.order_by("position", "code").values_list("code", "name")
        self.fields["family"].choices = [("", "all families"), *families]  # type: ignore[attr-defined]


RUN_STATES = (("", "proposed and on the floor"), *RunState.choices)


class PlanFilter(forms.Form):
    """What of the plan is shown. All fields may be empty; what cannot be read is ignored."""

    centre = forms.ChoiceField(required=False, label="Work centre")
    family = forms.ChoiceField(required=False, label="Set up for")
    state = forms.ChoiceField(required=False, choices=RUN_STATES, label="State")
    q = forms.CharField(required=False, max_length=60, label="Run or order")
    late = forms.BooleanField(required=False, label="Only late")
    people = forms.BooleanField(required=False, label="People too")

    def __init__(self, *args: Any, names: Names, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        families = Operation.objects.live().order_by("setup_family").values_list("setup_family", flat=True)
        known = [(code, names.setup(code)) for code in families.distinct()]
        self.fields["centre"].choices = [("", "all"), *names.centres.items()]  # type: ignore[attr-defined]
        self.fields["family"].choices = [("", "anything"), *known]  # type: ignore[attr-defined]


SORTS = (
    ("late", "latest first"),
    ("promised", "promised first"),
    ("ready", "made first"),
    ("order", "by order"),
)


class LateFilter(forms.Form):
    """Which late lines, and in which order. All fields may be empty; what cannot be read is ignored."""

    kind = forms.ChoiceField(required=False, choices=[("", "anything"), *KINDS.items()], label="What binds")
    machine = forms.ChoiceField(required=False, label="Machine")
    family = forms.ChoiceField(required=False, label="Family")
    q = forms.CharField(required=False, max_length=60, label="Order")
    sort = forms.ChoiceField(required=False, choices=SORTS, label="Sorted")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        machines = Machine.objects.order_by("work_centre__position", "code").values_list("code", "name")
        families = Family.objects.order_by("position", "code").values_list("code", "name")
        self.fields["machine"].choices = [("", "any"), *machines]  # type: ignore[attr-defined]
        self.fields["family"].choices = [("", "all families"), *families]  # type: ignore[attr-defined]


class MoveTo(forms.Form):
    """Where and when an operation is wanted, in the workshop's time, and what the person saw: the version of
    its run or of the plan."""

    machine = forms.CharField(max_length=40)
    start = forms.DateTimeField(
        error_messages={"required": "Say from when on.", "invalid": "Say from when on."}
    )
    version = forms.IntegerField(min_value=1, required=False)
    plan = forms.IntegerField(min_value=1, required=False)
    back = forms.CharField(required=False, max_length=300)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not data.get("version") and not data.get("plan"):
            raise forms.ValidationError("Load the page again and move it anew.")
        return data


class NewFeed(forms.Form):
    """A calendar of everything, of a work centre or of a machine; ``of`` becomes (work centre, machine)."""

    name = forms.CharField(
        max_length=100, strip=True, error_messages={"required": "Give the calendar a name."}
    )
    of = forms.ChoiceField(required=False, label="Runs of")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        centres = WorkCentre.objects.order_by("position", "code")
        machines = Machine.objects.order_by("work_centre__position", "code")
        self.fields["of"].choices = [  # type: ignore[attr-defined]
            ("", "all machines"),
            ("work centre", [(f"centre:{each.code}", each.name) for each in centres]),
            ("machine", [(f"machine:{each.code}", each.name) for each in machines]),
        ]

    def clean_of(self) -> tuple[WorkCentre | None, Machine | None]:
        kind, _, code = str(self.cleaned_data["of"]).partition(":")
        centre = WorkCentre.objects.filter(pk=code).first() if kind == "centre" else None
        return centre, Machine.objects.filter(code=code).first() if kind == "machine" else None


class Reason(forms.Form):
    """Why a run is rejected, or a piece scrapped."""

    reason = forms.CharField(
        max_length=200, strip=True, error_messages={"required": "Say why: the next planner will ask."}
    )


class MachineReason(forms.Form):
    """Why a machine stops."""

    reason = forms.CharField(
        max_length=200, strip=True, error_messages={"required": "Say why it stops: the planner will ask."}
    )


class ScrapReason(forms.Form):
    """What went wrong with a piece: one of the common reasons (a button), or words."""

    common = forms.CharField(max_length=60, strip=True, required=False)
    reason = forms.CharField(max_length=200, strip=True, required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        data["why"] = data.get("common") or data.get("reason") or ""
        if not data["why"]:
            raise forms.ValidationError("Say what went wrong with it, or choose a common reason.")
        return data


class Parcel(forms.Form):
    """What goes out, and with whom."""

    carrier = forms.CharField(
        max_length=80, strip=True, error_messages={"required": "Say who carries the parcel."}
    )
    reference = forms.CharField(max_length=120, strip=True, required=False)
    lines = forms.MultipleChoiceField(error_messages={"required": "Mark the lines that are in the parcel."})

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lines"].choices = choices  # type: ignore[attr-defined]


class Fewer(forms.Form):
    """How many pieces of a line remain, and why."""

    quantity = forms.IntegerField(
        min_value=0,
        error_messages={
            "required": "Say how many remain; 0 takes the line out of the order.",
            "invalid": "How many remain is a whole number.",
        },
    )
    reason = forms.CharField(
        max_length=200, strip=True, error_messages={"required": "Say why: the customer will ask."}
    )


class MaterialFilter(forms.Form):
    """Both may be empty."""

    q = forms.CharField(required=False, max_length=80, label="Material")
    low = forms.BooleanField(required=False, label="Only what runs out")


class Span(forms.Form):
    """When something or somebody is away, and why."""

    reason = forms.CharField(
        max_length=200, strip=True, error_messages={"required": "Say why: whoever reads the plan will ask."}
    )
    start = forms.DateTimeField(
        error_messages={"required": "Say when it begins.", "invalid": "The beginning is no date and time."}
    )
    end = forms.DateTimeField(
        error_messages={"required": "Say when it ends.", "invalid": "The end is no date and time."}
    )


MOST_HOURS = 24 * 366


class Hours(forms.DecimalField):
    """Seconds, shown and typed as hours. Four decimals tell every second apart."""

    def __init__(self, *, label: str, **kwargs: Any) -> None:
        super().__init__(label=f"{label}, in hours", max_value=MOST_HOURS, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return f"{value / 3600:.4f}".rstrip("0").rstrip(".") if isinstance(value, int) else value

    def clean(self, value: Any) -> int:
        hours: Decimal = super().clean(value)
        return round(hours * 3600)


class Told(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """What the planner is told; times in hours."""

    class Meta:
        model = PlannerSettings
        fields = tuple(PlannerSettings().as_told())
        field_classes: ClassVar = dict.fromkeys(PlannerSettings.TIMES, Hours)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("frozen_seconds", 0) > data.get("slushy_seconds", data.get("frozen_seconds", 0)):
            self.add_error("frozen_seconds", "What is frozen reaches no further than the slushy zone.")
        return data


class Received(forms.Form):
    """How much comes in."""

    quantity = forms.IntegerField(
        min_value=1,
        max_value=MOST,
        error_messages={"required": "Type how much has come in.", "invalid": "Type a whole number."},
    )
    lot = forms.SlugField(
        required=False,
        max_length=80,
        error_messages={"invalid": "The code of a lot has letters, digits, hyphens and underscores."},
    )
    expires = forms.DateTimeField(
        required=False, error_messages={"invalid": "When it expires is no date and time."}
    )
    supplier = forms.CharField(required=False, max_length=120, strip=True)

    @property
    def delivery(self) -> Delivery | None:
        """The lot that was named, if any."""
        data = self.cleaned_data
        return Delivery(data["lot"], data["expires"], data["supplier"]) if data["lot"] else None


class Announced(forms.Form):
    """A lot that is to come: how much, when, and what is known of it."""

    quantity = forms.IntegerField(
        min_value=0,
        max_value=MOST,
        error_messages={"required": "Type how much is to come.", "invalid": "Type a whole number."},
    )
    lot = forms.SlugField(
        max_length=80,
        error_messages={
            "required": "Name the lot: its delivery note or order number will do.",
            "invalid": "The code of a lot has letters, digits, hyphens and underscores.",
        },
    )
    arrives = forms.DateTimeField(
        error_messages={"required": "Say when it arrives.", "invalid": "When it arrives is no date and time."}
    )
    expires = forms.DateTimeField(
        required=False, error_messages={"invalid": "When it expires is no date and time."}
    )
    supplier = forms.CharField(required=False, max_length=120, strip=True)

    @property
    def delivery(self) -> Delivery:
        data = self.cleaned_data
        return Delivery(data["lot"], data["expires"], data["supplier"])


class Counted(forms.Form):
    """How much really lies there."""

    quantity = forms.IntegerField(
        min_value=0,
        max_value=MOST,
        error_messages={"required": "Type how much was counted.", "invalid": "Type a whole number."},
    )
    lot = forms.SlugField(required=False, max_length=80)


class Kept(forms.Form):
    """From which shortest side on, in millimetres, what is left of a sheet is kept."""

    least = forms.DecimalField(
        min_value=0,
        max_value=10_000,
        decimal_places=1,
        error_messages={"required": "Type millimetres; 0 keeps nothing.", "invalid": "Type a number."},
    )


class LeftOver(forms.Form):
    """An offcut, or a sheet with defects, in millimetres; a defect a line: x, y, width, height."""

    width = forms.DecimalField(
        min_value=1, max_value=10_000, decimal_places=1, error_messages={"required": "Type its width."}
    )
    height = forms.DecimalField(
        min_value=1, max_value=10_000, decimal_places=1, error_messages={"required": "Type its height."}
    )
    defects = forms.CharField(required=False, max_length=2_000)

    def clean_defects(self) -> list[tuple[int, int, int, int]]:
        found = []
        for line in self.cleaned_data["defects"].splitlines():
            if not line.strip():
                continue
            numbers = re.findall(r"[0-9]+(?:\.[0-9]+)?", line)
            if len(numbers) != 4 or re.sub(r"[0-9.,;\s×x]", "", line):
                raise forms.ValidationError(
                    f"“{line.strip()[:40]}” is no defect: type x, y, width and height in mm, a defect a line."
                )
            x, y, width, height = (micrometres(Decimal(number)) for number in numbers)
            found.append((x, y, width, height))
        return found


def micrometres(millimetres: Decimal) -> int:
    return int((millimetres * 1000).to_integral_value())


class Seen(forms.Form):
    """The version of the run that the person looked at when deciding."""

    version = forms.IntegerField(min_value=1)


class Pieces(Seen):
    """The pieces that leave a run for one of their own."""

    pieces = forms.TypedMultipleChoiceField(
        coerce=int, error_messages={"required": "Mark the pieces to split off."}
    )

    def __init__(self, *args: Any, choices: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pieces"].choices = choices  # type: ignore[attr-defined]


class ScenarioName(forms.Form):
    """What a what-if is called."""

    name = forms.CharField(
        max_length=120, strip=True, error_messages={"required": "Give it a name: it stands beside others."}
    )


class ChangeOf(forms.Form):
    """One change of a scenario, its fields by its kind. ``change`` is what ``whatif.add`` takes."""

    def __init__(
        self, kind: str, choices: Mapping[str, list[tuple[str, str]]], data: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, auto_id=f"id_{kind}_%s")
        self.kind = kind
        for name, label in CHANGE_FIELDS[kind]:
            self.fields[name] = _change_field(name, label, choices)

    def change(self) -> dict[str, Any]:
        values: dict[str, Any] = {"kind": self.kind}
        for name, value in self.cleaned_data.items():
            if isinstance(value, datetime):
                values[name] = value.isoformat()
            elif name == "by":
                values[name] = round(float(value) * 3600)
            elif value not in (None, ""):
                values[name] = value
        return values


# What staff are asked for each kind of change, with the label of each field.
CHANGE_FIELDS: dict[str, tuple[tuple[str, str], ...]] = {
    "extra-shift": (("calendar", "Calendar"), ("start", "From"), ("end", "To")),
    "machine-down": (("machine", "Machine"), ("start", "From"), ("end", "To")),
    "extra-machine": (("like", "Like the machine"),),
    "speed": (("machine", "Machine"), ("percent", "Speed in per cent")),
    "moved-stop": (("machine", "Machine"), ("start", "Planned stop at"), ("to", "Moves to")),
    "extra-operator": (("like", "Like"),),
    "more-material": (("material", "Material"), ("quantity", "How much more"), ("at", "Here at")),
    "late-material": (("material", "Material"), ("by", "Hours later (negative: earlier)")),
    "demand": (("product", "Product (empty: all)"), ("percent", "Per cent of today's demand")),
    "promise": (("line", "Line"), ("due", "Promised for"), ("weight", "Weight")),
    "lead-time": (("by", "Hours later (negative: earlier)"),),
    "price": (("weight", "What of a plan's cost"), ("value", "Minor units of money")),
}


def _change_field(name: str, label: str, choices: Mapping[str, list[tuple[str, str]]]) -> forms.Field:
    if name in ("start", "end", "to", "at", "due"):
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        return forms.DateTimeField(label=label, widget=widget)
    if name == "by":
        return forms.DecimalField(label=label, min_value=-8760, max_value=8760, max_digits=7)
    if name in choices:
        return forms.ChoiceField(label=label, choices=choices[name], required=name != "product")
    return forms.IntegerField(label=label, min_value=0, max_value=10**9)


class MachineDown(MachineReason):
    """Why a machine stops, and in how many hours it is expected back (none: nobody knows)."""

    hours = forms.DecimalField(required=False, min_value=0, max_value=24 * 60, decimal_places=2)


MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"})


class RushForm(forms.Form):
    """A line that is wanted sooner, or weighs more than others."""

    line = forms.CharField(max_length=60, error_messages={"required": "Choose the line that is in a hurry."})
    wanted_at = forms.DateTimeField(required=False, widget=MOMENT)
    weight = forms.IntegerField(required=False, min_value=1, max_value=100)
    reason = forms.CharField(
        max_length=200, strip=True, error_messages={"required": "Say why it is in a hurry."}
    )

    def clean_weight(self) -> int:
        return self.cleaned_data["weight"] or 1


class LaterLot(forms.Form):
    """A lot that arrives at another moment."""

    lot = forms.IntegerField(error_messages={"required": "Choose the lot that is late."})
    available_at = forms.DateTimeField(widget=MOMENT, error_messages={"required": "Say when it arrives."})
    reason = forms.CharField(max_length=200, strip=True, error_messages={"required": "Say why it is late."})


class Absence(forms.Form):
    """Somebody who is away; without a beginning from now on."""

    operator = forms.CharField(max_length=40, error_messages={"required": "Choose who is away."})
    start = forms.DateTimeField(required=False, widget=MOMENT)
    end = forms.DateTimeField(widget=MOMENT, error_messages={"required": "Say until when."})
    reason = forms.CharField(
        max_length=200, strip=True, error_messages={"required": "Say why: the planner will ask."}
    )


class Discarded(Seen, Reason):
    """A draft that is not taken."""


class Taken(Seen):
    """A draft that is taken: whole, or the changes that are marked (``part``)."""

    part = forms.BooleanField(required=False)
    changes = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: Any, choices: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["changes"].choices = [(each, each) for each in choices]  # type: ignore[attr-defined]

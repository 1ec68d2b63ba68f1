"""What staff type: filters of the queue, reasons, pieces to split off."""

from __future__ import annotations

from typing import Any

from django import forms

from configurator.models import Family
from production.models import Operation, RunState
from production.stock import MOST
from production.words import Names

DUE = (("", "any time"), ("late", "overdue"), ("today", "within a day"), ("week", "within a week"))
STATES = (
    ("", "waiting or planned"),
    ("ready", "waiting"),
    ("planned", "planned"),
    ("made", "made, to be shipped"),
)


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

    def __init__(self, *args: Any, names: Names, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        families = Operation.objects.live().order_by("setup_family").values_list("setup_family", flat=True)
        known = [(code, names.setup(code)) for code in families.distinct()]
        self.fields["centre"].choices = [("", "all"), *names.centres.items()]  # type: ignore[attr-defined]
        self.fields["family"].choices = [("", "anything"), *known]  # type: ignore[attr-defined]


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


class MaterialFilter(forms.Form):
    """Both may be empty."""

    q = forms.CharField(required=False, max_length=80, label="Material")
    low = forms.BooleanField(required=False, label="Only what runs out")


class Received(forms.Form):
    """How much comes in."""

    quantity = forms.IntegerField(
        min_value=1,
        max_value=MOST,
        error_messages={"required": "Type how much has come in.", "invalid": "Type a whole number."},
    )


class Counted(forms.Form):
    """How much really lies there."""

    quantity = forms.IntegerField(
        min_value=0,
        max_value=MOST,
        error_messages={"required": "Type how much was counted.", "invalid": "Type a whole number."},
    )


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

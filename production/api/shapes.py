"""The shapes of plans, runs and the shop."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from ledger.api.shapes import Strict, Text, Whole
from production.models import (
    LineFile,
    Machine,
    Material,
    MaterialLot,
    Offcut,
    Operation,
    Placement,
    Plan,
    ProductionFile,
    Run,
    Scenario,
    Sheet,
    WorkCentre,
)
from production.stock import MOST


class WorkCentreSerializer(serializers.ModelSerializer[WorkCentre]):
    class Meta:
        model = WorkCentre
        fields = ("code", "name", "mode", "process")


def millimetres(micrometres: int) -> str:
    """A length as decimal text in millimetres."""
    whole, rest = divmod(micrometres, 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".")


class MachineSerializer(serializers.ModelSerializer[Machine]):
    bed_width_mm = serializers.SerializerMethodField()
    bed_height_mm = serializers.SerializerMethodField()

    class Meta:
        model = Machine
        fields = (
            "code", "name", "work_centre", "bed_width_mm", "bed_height_mm",
            "speed_percent", "calendar", "setup_state", "in_service", "stopped_reason", "stopped_at",
        )  # fmt: skip

    def get_bed_width_mm(self, machine: Machine) -> str:
        return millimetres(machine.bed_width_um)

    def get_bed_height_mm(self, machine: Machine) -> str:
        return millimetres(machine.bed_height_um)


class MaterialSerializer(serializers.ModelSerializer[Material]):
    class Meta:
        model = Material
        fields = ("code", "name", "unit", "on_hand", "reserved")


class OffcutSerializer(serializers.ModelSerializer[Offcut]):
    width_mm = serializers.SerializerMethodField()
    height_mm = serializers.SerializerMethodField()
    defects_mm = serializers.SerializerMethodField()

    class Meta:
        model = Offcut
        fields = (
            "code", "material", "width_mm", "height_mm", "defects_mm", "state", "made_by", "reserved_by",
        )  # fmt: skip

    def get_width_mm(self, offcut: Offcut) -> str:
        return millimetres(offcut.width_um)

    def get_height_mm(self, offcut: Offcut) -> str:
        return millimetres(offcut.height_um)

    def get_defects_mm(self, offcut: Offcut) -> list[list[str]]:
        return [[millimetres(number) for number in box] for box in offcut.defects]


class PlanSerializer(serializers.ModelSerializer[Plan]):
    class Meta:
        model = Plan
        fields = (
            "id", "number", "state", "kpis", "unplanned", "certificate",
            "snapshot_hash", "horizon_start", "created_at", "created_by", "version",
        )  # fmt: skip


class OperationSerializer(serializers.ModelSerializer[Operation]):
    machine = serializers.CharField(source="machine.code", read_only=True)

    class Meta:
        model = Operation
        fields = (
            "sequence", "step", "work_centre", "machine", "setup_family", "units", "seconds",
            "setup_start", "start", "end", "state", "started_at", "finished_at",
        )  # fmt: skip


class PlacementSerializer(serializers.ModelSerializer[Placement]):
    line = serializers.CharField(source="piece.line_id", read_only=True)
    piece = serializers.IntegerField(source="piece_id", read_only=True)
    index = serializers.IntegerField(source="piece.index", read_only=True)
    x_mm = serializers.SerializerMethodField()
    y_mm = serializers.SerializerMethodField()
    width_mm = serializers.SerializerMethodField()
    height_mm = serializers.SerializerMethodField()
    outline_mm = serializers.SerializerMethodField()

    class Meta:
        model = Placement
        fields = (
            "line",
            "piece",
            "index",
            "part",
            "copy",
            "x_mm",
            "y_mm",
            "width_mm",
            "height_mm",
            "rotated",
            "outline_mm",
        )

    def get_x_mm(self, placement: Placement) -> str:
        return millimetres(placement.x_um)

    def get_y_mm(self, placement: Placement) -> str:
        return millimetres(placement.y_um)

    def get_width_mm(self, placement: Placement) -> str:
        return millimetres(placement.width_um)

    def get_height_mm(self, placement: Placement) -> str:
        return millimetres(placement.height_um)

    def get_outline_mm(self, placement: Placement) -> list[list[str]]:
        """Corners [x, y] from its lower left corner, as laid; none where it is a rectangle."""
        return [[millimetres(x), millimetres(y)] for x, y in placement.outline]


class SheetSerializer(serializers.ModelSerializer[Sheet]):
    offcut = serializers.CharField(source="offcut.code", read_only=True, default=None, allow_null=True)
    placements = PlacementSerializer(many=True, read_only=True)
    width_mm = serializers.SerializerMethodField()
    height_mm = serializers.SerializerMethodField()

    class Meta:
        model = Sheet
        fields = ("index", "material", "offcut", "width_mm", "height_mm", "placements")

    def get_width_mm(self, sheet: Sheet) -> str:
        return millimetres(sheet.width_um)

    def get_height_mm(self, sheet: Sheet) -> str:
        return millimetres(sheet.height_um)


class FileSerializer(serializers.ModelSerializer[ProductionFile]):
    sheet = serializers.IntegerField(source="sheet.index", read_only=True, allow_null=True)

    class Meta:
        model = ProductionFile
        fields = ("id", "kind", "sheet", "sha256", "created_at")


class LineFileSerializer(serializers.ModelSerializer[LineFile]):
    """What a machine is given for one surface of a line, or why there is nothing to give."""

    order = serializers.CharField(source="line.order.number", read_only=True)
    position = serializers.IntegerField(source="line.position", read_only=True)

    class Meta:
        model = LineFile
        fields = (
            "id", "line", "order", "position", "surface", "profile", "format", "scene", "sha256", "state",
            "reason", "mismatches", "made_at",
        )  # fmt: skip


class RunSerializer(serializers.ModelSerializer[Run]):
    """A run in a list."""

    pieces = serializers.IntegerField(source="piece_count", read_only=True)

    class Meta:
        model = Run
        fields = (
            "id", "number", "state", "state_reason", "key", "why", "due_at", "needs",
            "pinned", "released_at", "released_by", "done_at", "files_stopped", "version", "pieces",
        )  # fmt: skip


class RunDetailSerializer(RunSerializer):
    """A run with everything in it."""

    operations = OperationSerializer(many=True, read_only=True)
    sheets = SheetSerializer(many=True, read_only=True)
    files = FileSerializer(many=True, read_only=True)

    class Meta(RunSerializer.Meta):
        fields = (*RunSerializer.Meta.fields, "operations", "sheets", "files")  # type: ignore[assignment]


class ReasonShape(Strict):
    reason = Text(max_length=200)


class ShopShape(serializers.Serializer[Any]):
    """A shop's model, as in a shop file: docs/shop-files.md says what each part may hold."""

    name = serializers.CharField()
    calendars = serializers.ListField(child=serializers.DictField())
    work_centres = serializers.ListField(child=serializers.DictField())
    operators = serializers.ListField(child=serializers.DictField(), required=False)
    tools = serializers.ListField(child=serializers.DictField(), required=False)
    materials = serializers.ListField(child=serializers.DictField())
    planner = serializers.DictField(required=False)


class ReceiptShape(Strict):
    """How much comes in, in the material's unit; of what is kept by lots, in which lot."""

    quantity = Whole(min_value=1, max_value=MOST)
    lot = serializers.SlugField(max_length=80, required=False)
    expires_at = serializers.DateTimeField(required=False)
    supplier = serializers.CharField(max_length=120, required=False)


class AnnouncementShape(Strict):
    """What is to come in which lot, and when; 0: nothing comes after all."""

    quantity = Whole(min_value=0, max_value=MOST)
    lot = serializers.SlugField(max_length=80)
    available_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(required=False)
    supplier = serializers.CharField(max_length=120, required=False)


class LotSerializer(serializers.ModelSerializer[MaterialLot]):
    """A lot of a material: what is here of it, what is reserved, what is to come at ``available_at``."""

    class Meta:
        model = MaterialLot
        fields = (
            "code", "material", "on_hand", "reserved", "announced", "available_at", "expires_at", "supplier",
        )  # fmt: skip


class CountShape(Strict):
    """How much lies in the store, in the material's unit."""

    on_hand = Whole(min_value=0, max_value=MOST)
    lot = serializers.SlugField(max_length=80, required=False)


class LeftOverShape(Strict):
    """An offcut, or a sheet with defects [x, y, width, height] from its lower left corner; millimetres."""

    width_mm = serializers.DecimalField(max_digits=8, decimal_places=3, min_value=Decimal(1))
    height_mm = serializers.DecimalField(max_digits=8, decimal_places=3, min_value=Decimal(1))
    defects_mm = serializers.ListField(
        child=serializers.ListField(
            child=serializers.DecimalField(max_digits=8, decimal_places=3, min_value=Decimal(0)),
            min_length=4,
            max_length=4,
        ),
        max_length=50,
        default=list,
    )


class PiecesShape(Strict):
    """Pieces of the run that go into the new one."""

    pieces = serializers.ListField(child=Whole(), min_length=1, max_length=10_000)


class MoveShape(Strict):
    """Where an operation of the run (by its ``sequence``) is wanted, and from when on."""

    sequence = Whole(min_value=1, max_value=100_000)
    machine = Text(max_length=40)
    start = serializers.DateTimeField()


class AskedShape(serializers.Serializer[Any]):
    """Work was asked for: follow it at ``job``."""

    job = serializers.CharField()
    state = serializers.CharField()


class ScenarioSerializer(serializers.ModelSerializer[Scenario]):
    """A what-if scenario; ``result`` is null until it is done."""

    result = serializers.DictField(allow_null=True, read_only=True)

    class Meta:
        model = Scenario
        fields = [
            "id",
            "name",
            "changes",
            "remedies",
            "state",
            "reason",
            "result",
            "plan",
            "created_at",
            "created_by",
            "computed_at",
        ]


class ScenarioShape(Strict):
    """A question; ``changes`` are objects with a ``kind`` and that kind's fields (docs/reference/api.md)."""

    name = Text(max_length=120)
    changes = serializers.ListField(child=serializers.DictField(), max_length=20, default=list)
    remedies = serializers.BooleanField(default=False)


class SpanShape(serializers.Serializer[Any]):
    """Time on the way to a line's end, and what for."""

    kind = serializers.CharField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    seconds = serializers.IntegerField()
    machine = serializers.CharField()
    run = serializers.CharField()
    what = serializers.CharField()


class WhyShape(serializers.Serializer[Any]):
    """Why a line ends when it does; the spans follow one another from now to ``end``."""

    line = serializers.CharField()
    run = serializers.CharField()
    end = serializers.DateTimeField()
    late_seconds = serializers.IntegerField()
    says = serializers.CharField()
    spans = SpanShape(many=True)
    alone_needs = serializers.ListField(child=serializers.CharField())

"""The tables of production, a file a subject: the shop, its materials, its runs, what happened to pieces."""

from production.models.artwork import CheckedArtwork, LineFile
from production.models.evidence import ProductionFile, Scrap
from production.models.materials import Material, MaterialMovement
from production.models.runs import (
    Operation,
    OperationState,
    Piece,
    PieceState,
    Placement,
    Plan,
    PlanState,
    Run,
    RunState,
    Sheet,
)
from production.models.shop import Calendar, CalendarException, Machine, SetupRule, Shift, WorkCentre

__all__ = [
    "Calendar",
    "CalendarException",
    "CheckedArtwork",
    "LineFile",
    "Machine",
    "Material",
    "MaterialMovement",
    "Operation",
    "OperationState",
    "Piece",
    "PieceState",
    "Placement",
    "Plan",
    "PlanState",
    "ProductionFile",
    "Run",
    "RunState",
    "Scrap",
    "SetupRule",
    "Sheet",
    "Shift",
    "WorkCentre",
]

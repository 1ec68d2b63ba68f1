"""The tables of production, a file a subject: the shop, its materials, its runs, what happened to pieces."""

from production.models.artwork import CheckedArtwork, LineFile
from production.models.cells import CellPart, CellRound
from production.models.drafts import Draft
from production.models.events import PlanEvent, Rush
from production.models.evidence import ProductionFile, Scrap
from production.models.feeds import CalendarFeed
from production.models.materials import Material, MaterialLot, MaterialMovement, Offcut
from production.models.planner import PlannerSettings
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
from production.models.scenarios import Scenario, ScenarioState
from production.models.shop import (
    Calendar,
    CalendarException,
    Machine,
    MachineStop,
    Operator,
    OperatorAbsence,
    SetupRule,
    Shift,
    Tool,
    Weekday,
    WorkCentre,
)

__all__ = [
    "Calendar",
    "CalendarException",
    "CalendarFeed",
    "CellPart",
    "CellRound",
    "CheckedArtwork",
    "Draft",
    "LineFile",
    "Machine",
    "MachineStop",
    "Material",
    "MaterialLot",
    "MaterialMovement",
    "Offcut",
    "Operation",
    "OperationState",
    "Operator",
    "OperatorAbsence",
    "Piece",
    "PieceState",
    "Placement",
    "Plan",
    "PlanEvent",
    "PlanState",
    "PlannerSettings",
    "ProductionFile",
    "Run",
    "RunState",
    "Rush",
    "Scenario",
    "ScenarioState",
    "Scrap",
    "SetupRule",
    "Sheet",
    "Shift",
    "Tool",
    "Weekday",
    "WorkCentre",
]

"""The groups of the workshop; the gate itself is the one of all staff pages."""

from configurator.views.access import actor, is_in, staff_only

PLANNER, FLOOR = "planner", "floor"

__all__ = ["FLOOR", "PLANNER", "actor", "is_in", "staff_only"]

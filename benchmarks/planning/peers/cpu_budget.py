"""CP-SAT for so much processor time, whatever else the machine does."""

import threading
import time
from typing import Any

from ortools.sat.python import cp_model


def solve(model: cp_model.CpModel, *, cpu: float, workers: int) -> tuple[cp_model.CpSolver, Any]:
    """The solver and its status, when the process has spent ``cpu`` seconds more (all threads) or is done."""
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.max_time_in_seconds = 60 + 20 * cpu
    status = within(lambda: solver.solve(model), solver.stop_search, cpu=cpu)
    return solver, status


def within(work: Any, end: Any, *, cpu: float) -> Any:
    """What ``work()`` gives; ``end()`` is asked for when the process has spent ``cpu`` seconds more."""
    until = time.process_time() + cpu
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            if time.process_time() >= until:
                end()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        return work()
    finally:
        over.set()
        thread.join()

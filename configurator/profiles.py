"""The machine profiles of this shop: ours, and the operator's in the folder `MACHINE_PROFILES`."""

from pathlib import Path

from django.conf import settings

from configurator.engine import machines
from configurator.engine.machines import Machines, Profile


def profile_for(process: str) -> Profile:
    """The profile a process uses. Raises ``machines.UnknownProcess``, ``machines.BadProfiles``."""
    return shop_machines().for_process(process)


def shop_machines() -> Machines:
    """All profiles of this shop, read once a process. Raises ``machines.BadProfiles``."""
    folder = Path(settings.MACHINE_PROFILES)
    return machines.read_machines(folder if folder.is_dir() else None)

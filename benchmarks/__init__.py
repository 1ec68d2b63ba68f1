"""Measurements, run by ``manage.py bench NAME``. Never part of the tests: figures, not verdicts.

Each of `NAMES` is a module or a package here with `main(arguments) -> status`. What they share: `bars.py`
(what a measurement gives), `running.py` (one after the other, printed), `page.py` (docs/benchmarks.md) and
`environment.py` (other people's programs in an environment of their own).
"""

NAMES = ("artwork", "engine", "planning", "walk")

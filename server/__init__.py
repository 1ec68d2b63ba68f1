"""What is started: settings, URLs, WSGI, Celery, the embedded servers and the supervisor.

This package is imported by ``manage.py`` before anything is installed, so this
file stays empty of imports: Celery's application lives in ``server.celery``.
"""

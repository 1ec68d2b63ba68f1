"""What every app's ``api.py`` is built of: who calls, what may come in, how lists are paged."""

"""What Django shows of an error with DEBUG on, as in ``manage.py up``: the shop's own pages.

Visitors of a demo are visitors too. The log has the insides either way; ``DEBUG_PAGES=1``
shows them in the browser, to whoever develops here. No models are imported: Django
reads this while it sets up its logs.
"""

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.template import loader
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter


def hidden() -> bool:
    """Whether a shop with DEBUG shows the pages that it would show without."""
    return bool(settings.DEBUG) and not settings.DEBUG_PAGES


class Reporter(ExceptionReporter):
    """Our page in place of Django's, also for an error in a middleware. Mails keep the insides."""

    def get_traceback_html(self) -> SafeString:
        if not hidden() or self.is_email:
            return super().get_traceback_html()
        name = "400.html" if isinstance(self.exc_value, SuspiciousOperation) else "500.html"
        return SafeString(loader.get_template(name).render())

    def get_traceback_text(self) -> SafeString:
        if not hidden() or self.is_email:
            return super().get_traceback_text()
        return SafeString("The request could not be answered. It has been logged.\n")

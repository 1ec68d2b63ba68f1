"""The access matrix stands on the shop and the keys of the API's tests."""

from tests.api.conftest import alice_api, badge, bob_api, keyed, now, workshop

__all__ = ["alice_api", "badge", "bob_api", "keyed", "now", "workshop"]

"""Two designs side by side."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from configurator import comparison, designs
from configurator.models import Configuration
from tests.shops import NOW


@pytest.fixture
def variant(configuration: Configuration) -> Configuration:
    other = designs.copy(configuration=configuration, now=NOW + timedelta(minutes=1))
    return designs.choose(configuration=other, changes={"material": "steel", "text": "Åse"}, now=NOW)


def test_a_variant_begins_as_the_first_and_goes_its_own_way(
    configuration: Configuration, variant: Configuration
) -> None:
    configuration.refresh_from_db()
    assert (configuration.choices["text"], variant.choices["text"]) == ("Müller", "Åse")
    assert variant.owner == configuration.owner
    assert configuration.past == []


def test_rows_tell_what_differs(configuration: Configuration, variant: Configuration) -> None:
    compared = comparison.compare(left=configuration, right=variant, now=NOW)
    told = {row.option: (row.left, row.right, row.differs) for row in compared.rows}
    assert told["Material"] == ("Acrylic", "Steel", True)
    assert told["Length"] == ("80 mm", "80 mm", False)
    assert (compared.left.price, compared.right.price) == ("5.10", "5.80")


def test_a_design_of_somebody_else_is_not_compared(configuration: Configuration, charlie: User) -> None:
    with pytest.raises(comparison.NotToCompare):
        comparison.find(pk=configuration.pk, user=charlie, session_key="")


def test_the_page_shows_both_and_what_the_second_costs_more(
    configuration: Configuration, variant: Configuration, alice_client: Client
) -> None:
    address = reverse("compare") + f"?of={configuration.pk}&with={variant.pk}"
    page = alice_client.get(address).content.decode()
    assert "They differ in 2 choices" in page
    assert "0.70 more for one" in page
    assert page.count('class="differs"') == 2


def test_a_stranger_gets_no_page_of_it(
    configuration: Configuration, variant: Configuration, client: Client
) -> None:
    assert client.get(reverse("compare") + f"?of={configuration.pk}&with={variant.pk}").status_code == 404


def test_the_variant_button_leads_to_a_page_that_offers_to_compare(
    configuration: Configuration, alice_client: Client
) -> None:
    address = reverse("configuration", args=["badge", configuration.pk])
    page = alice_client.post(address, {"do": "variant"}, follow=True).content.decode()
    assert f"?of={configuration.pk}&amp;with=" in page
    assert Configuration.objects.count() == 2


def test_designs_to_pick_from_cost_a_constant_number_of_queries(
    configuration: Configuration, alice: User, django_assert_num_queries: Any
) -> None:
    for minutes in range(30):
        designs.copy(configuration=configuration, now=NOW + timedelta(minutes=minutes))
    with django_assert_num_queries(2):
        offered = comparison.offered(user=alice, session_key="")
    assert len(offered) == comparison.MOST_OFFERED

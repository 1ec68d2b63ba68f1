"""The form of a checkout: who the order is for."""

from typing import Any

from django import forms

from orders.checkout import CustomerData

# Where we send parcels to, by name (ISO 3166-1).
COUNTRIES = (
    ("AT", "Austria"),
    ("BE", "Belgium"),
    ("BG", "Bulgaria"),
    ("HR", "Croatia"),
    ("CY", "Cyprus"),
    ("CZ", "Czechia"),
    ("DK", "Denmark"),
    ("EE", "Estonia"),
    ("FI", "Finland"),
    ("FR", "France"),
    ("DE", "Germany"),
    ("GR", "Greece"),
    ("HU", "Hungary"),
    ("IE", "Ireland"),
    ("IT", "Italy"),
    ("LV", "Latvia"),
    ("LT", "Lithuania"),
    ("LU", "Luxembourg"),
    ("MT", "Malta"),
    ("NL", "Netherlands"),
    ("NO", "Norway"),
    ("PL", "Poland"),
    ("PT", "Portugal"),
    ("RO", "Romania"),
    ("SK", "Slovakia"),
    ("SI", "Slovenia"),
    ("ES", "Spain"),
    ("SE", "Sweden"),
    ("CH", "Switzerland"),
    ("GB", "United Kingdom"),
)


def _text(autocomplete: str, size_class: str = "", **attributes: str) -> forms.TextInput:
    return forms.TextInput({"autocomplete": autocomplete, "size_class": size_class, **attributes})


class CustomerForm(forms.Form):
    """Name, address and e-mail; each field knows what a browser may fill in."""

    name = forms.CharField(label="Name", max_length=200, widget=_text("name", "half"))
    email = forms.EmailField(
        label="Email",
        max_length=254,
        help_text="The invoice and the news about your order go here.",
        widget=forms.EmailInput({"autocomplete": "email", "size_class": "half"}),
    )
    address_line = forms.CharField(label="Street and number", max_length=200, widget=_text("street-address"))
    postal_code = forms.CharField(label="Postcode", max_length=20, widget=_text("postal-code", "third"))
    city = forms.CharField(label="Town", max_length=120, widget=_text("address-level2", "two-thirds"))
    country = forms.ChoiceField(
        label="Country",
        choices=COUNTRIES,
        initial="NL",
        widget=forms.Select({"autocomplete": "country", "size_class": "half"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""

    def customer(self) -> CustomerData:
        """What was typed, valid or not: the checkout refuses what is wrong with the rest at once."""
        given = self.cleaned_data if self.is_bound else {}
        return CustomerData(**{name: str(given.get(name, "")) for name in self.fields})

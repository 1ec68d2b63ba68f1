"""The form that issues an API key."""

from typing import Any

from django import forms
from django.utils import timezone

from ledger import keys
from ledger.models import ApiKey


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in keys.SCOPES], widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = ApiKey
        fields = ("name", "owner", "scopes", "expires_at")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if {"name", "owner", "scopes"} <= cleaned.keys():
            problems = keys.problems_of(
                name=cleaned["name"],
                owner=cleaned["owner"],
                scopes=cleaned["scopes"],
                expires_at=cleaned.get("expires_at"),
                now=timezone.now(),
            )
            for problem in problems:
                self.add_error(None, problem)
        return cleaned

"""Keys between apps point the way the imports point (contracts cannot see keys written as strings)."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db.models import Field, Model
from django.db.models.fields.related import ForeignObject, ManyToManyField

# From the ground up: an app may point at itself and at what stands before it.
GROUND_UP = ("ledger", "configurator", "orders", "production", "server")
OURS = [model for model in apps.get_models() if model._meta.app_label in GROUND_UP]


def keys_of(model: type[Model]) -> Iterator[Field]:
    for field in model._meta.get_fields():
        if isinstance(field, ForeignObject | ManyToManyField):
            yield field


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_a_key_points_down_or_inside(model: type[Model]) -> None:
    mine = GROUND_UP.index(model._meta.app_label)
    for key in keys_of(model):
        other = key.related_model._meta.app_label
        if other in GROUND_UP:
            assert GROUND_UP.index(other) <= mine, f"{model._meta.label}.{key.name} points up at {other}"


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_a_key_into_another_app_adds_no_name_there(model: type[Model]) -> None:
    for key in keys_of(model):
        if key.related_model._meta.app_label != model._meta.app_label:
            assert key.remote_field.hidden, f'{model._meta.label}.{key.name} needs related_name="+"'

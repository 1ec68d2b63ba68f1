"""UVL: what feature models become, and each thing that is refused with its place."""

import pytest

from configurator.engine.document import Problem
from configurator.engine.family import FamilyError
from configurator.engine.uvl import read_model
from tests.configurator.engine.feature_models import LANGUAGE, configurations, file, read, there


def problem(text: str, **imports: str) -> Problem:
    with pytest.raises(FamilyError) as refusal:
        read(text, **imports)
    assert len(refusal.value.problems) == 1, refusal.value
    return refusal.value.problems[0]


PIZZA = """features
    Pizza
        mandatory
            Size
                alternative
                    Normal
                    Big
        optional
            Crust
                alternative
                    Cheesy
                    Plain
            Topping
                or
                    Salami
                    Ham
                    Cheese
constraints
    Cheesy => Big
"""


def test_groups_become_choices_and_the_number_of_configurations_stays() -> None:
    spec = read(PIZZA)
    # 2 sizes x (no crust, 2 crusts, one of them only with one size) x (no topping, 7 sets of toppings)
    assert configurations(spec) == (1 + 1 + 2 + 1) * 8
    assert spec.option_by_code["Size"].codes == ("Normal", "Big")
    assert spec.option_by_code["Crust"].codes == ("none", "Cheesy", "Plain")
    assert spec.rule_by_code["C1"].message == "“Cheesy” needs “Big”."


@there
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("arithmetic_level/expressions.uvl", 1),
        ("arithmetic_level/aggregate_functions/aggregateFunctions.uvl", 1),
        ("arithmetic_level/feature_cardinality/fm11_fc.uvl", 3),
        ("boolean_level/cardinality.uvl", 4),
        ("composition/Pizzas-imports/Pizzas.uvl", 42),
        ("lexing/legalnumbers.uvl", 0),
    ],
)
def test_small_models_keep_their_number_of_configurations(name: str, count: int) -> None:
    assert configurations(file(LANGUAGE / name)) == count


@there
def test_a_missing_feature_is_refused_with_line_and_column() -> None:
    with pytest.raises(FamilyError) as refusal:
        file(LANGUAGE / "faulty/missingreference.uvl")
    (found,) = refusal.value.problems
    assert (found.line, found.column, found.message) == (7, 5, "there is no feature C")


def test_models_that_import_each_other_are_refused() -> None:
    a = "imports\n    b\nfeatures\n    A\n        optional\n            b.B\n"
    b = "imports\n    a\nfeatures\n    B\n        optional\n            a.A\n"
    assert problem(a, a=a, b=b).message == "models import each other in a circle"


def test_numbers_without_an_end_are_told() -> None:
    reading = read_model(
        "features\n    A\n        mandatory\n            Integer N\n", code="model", name="Model"
    )
    assert reading.notes == ("N: no bounds are given, whole numbers from -100 to 100.",)

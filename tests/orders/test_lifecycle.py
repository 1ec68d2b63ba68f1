"""The table of moves, and what an order is when its lines are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.engine.lifecycle import (
    MOVES,
    Action,
    LineState,
    OrderState,
    after,
    allowed,
    cancellation,
    order_state,
    reached,
)

STATES = st.sampled_from(list(LineState))


def test_a_line_goes_the_whole_way() -> None:
    state = LineState.READY
    for action in (Action.PLAN, Action.RELEASE, Action.START, Action.FINISH, Action.SHIP):
        state = after(state, action)
    assert state is LineState.SHIPPED


def test_every_action_has_its_move() -> None:
    assert set(MOVES) == set(Action)


@given(STATES, st.sampled_from(list(Action)))
def test_a_refused_move_says_why_and_an_allowed_one_does_not(state: LineState, action: Action) -> None:
    verdict = allowed(state, action)
    assert bool(verdict.reason) is not verdict.allowed
    if not verdict.allowed:
        with pytest.raises(ValueError, match="cannot"):
            after(state, action)


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("end", [LineState.SHIPPED, LineState.CANCELLED])
def test_nothing_leaves_an_end_state(end: LineState, action: Action) -> None:
    assert not allowed(end, action).allowed


@pytest.mark.parametrize("state", [LineState.RELEASED, LineState.IN_PRODUCTION, LineState.MADE])
def test_a_released_line_cannot_be_cancelled(state: LineState) -> None:
    assert not allowed(state, Action.CANCEL).allowed


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("ready", OrderState.PLACED),
        ("ready planned", OrderState.PLACED),
        ("ready released", OrderState.IN_PRODUCTION),
        ("made made cancelled", OrderState.MADE),
        ("made in_production", OrderState.IN_PRODUCTION),
        ("shipped made", OrderState.PARTLY_SHIPPED),
        ("shipped cancelled", OrderState.SHIPPED),
        ("cancelled cancelled", OrderState.CANCELLED),
    ],
)
def test_the_state_of_an_order_follows_from_its_lines(lines: str, expected: OrderState) -> None:
    assert order_state(LineState(word) for word in lines.split()) is expected


def test_an_order_with_one_released_line_cannot_be_cancelled() -> None:
    verdict = cancellation([LineState.READY, LineState.RELEASED])
    assert not verdict.allowed
    assert "released to the workshop" in verdict.reason


def test_a_cancelled_order_cannot_be_cancelled_again() -> None:
    assert not cancellation([LineState.CANCELLED]).allowed


@given(st.lists(STATES, min_size=1))
def test_the_state_of_an_order_does_not_hang_on_the_order_of_its_lines(lines: list[LineState]) -> None:
    assert order_state(lines) is order_state(reversed(lines))


@given(STATES, st.sampled_from(list(Action)))
def test_a_line_that_is_as_far_already_is_left_alone_only_on_the_way_forward(
    state: LineState, action: Action
) -> None:
    if reached(state, action):
        assert action in (Action.PLAN, Action.RELEASE, Action.START)
        assert not allowed(state, action).allowed

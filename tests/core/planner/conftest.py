"""Both solvers, by the name that a plan gives them."""

import pytest

from custom_components.nattery.core.planner import planner


@pytest.fixture(params=["highs", "dynamic"])
def solver(request, monkeypatch):
    """The solver that plans in this test."""
    if request.param == "dynamic":
        monkeypatch.setattr(planner, "_linear", lambda: None)
    return request.param

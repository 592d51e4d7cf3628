"""A fixture for tests that run with both solvers."""

import pytest

from custom_components.nattery.core.planner import planner


@pytest.fixture(params=["highs", "dynamic"])
def solver(request, monkeypatch):
    """Return the name of the solver that plans in this test."""
    if request.param == "dynamic":
        monkeypatch.setattr(planner, "_load_linear", lambda: None)
    return request.param

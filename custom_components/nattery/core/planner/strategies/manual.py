"""Manual control: the user's overrides decide, and nothing else is traded."""

from dataclasses import dataclass
from typing import ClassVar

from ..reasons import MANUAL
from .self_consumption import SelfConsumption


@dataclass(frozen=True, slots=True)
class Manual(SelfConsumption):
    """Plans self-consumption for all times without an override.

    The controller applies overrides on top of any plan (see core/control/overrides.py), so the plan needs no more.
    """

    key: ClassVar[str] = "manual"
    reason_key: ClassVar[str] = MANUAL

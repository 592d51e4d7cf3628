"""Reasons and notes of planner and controller, in the language of the house."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..core.control.controller import Decision
from ..core.control.reasons import Reason as ControlReason
from ..core.errors import NatteryError
from ..core.explanation import Explanation, Note
from ..core.ledger.entry import Reason as BookedReason
from ..core.planner.reasons import Reason
from .booked_reasons import MOMENTS, UNDONE

_MONEY = ("price", "worth", "used_price", "burden", "margin", "turns_at", "value")
_AMOUNTS = ("power_kw", "peak_kw", "curtail_kw", "excess_kw", "load_kw", "pv_kw", "missing_kwh", "level_kwh")


class Words:
    """The texts, fetched once, so that entities can speak without waiting."""

    def __init__(self, common: Mapping[str, str], entity: Mapping[str, str], exceptions: Mapping[str, str]) -> None:
        """Speak with these translations."""
        self._common, self._entity, self._exceptions = common, entity, exceptions

    @classmethod
    async def async_load(cls, hass: HomeAssistant) -> Self:
        """In the language of Home Assistant."""
        language = hass.config.language
        categories = ("common", "entity", "exceptions")
        return cls(*[await async_get_translations(hass, language, category, {DOMAIN}) for category in categories])

    def planned(self, reason: Reason) -> str:
        """Why a slot is planned as it is."""
        text = self._say(f"plan_{reason.key}", reason.values)
        if reason.values.get("curtail_kw"):
            text += self._say("plan_curtailed", reason.values)
        if reason.values.get("kept"):
            text += self._say("plan_kept", {})
        return text

    def note(self, note: Note) -> str:
        """Something about the whole plan, or the forecasts that it is made of."""
        return self._say(f"note_{note.key}", note.values)

    def decided(self, decision: Decision, planned: Reason | None) -> str:
        """Why the battery does what it does now; where it follows the plan, that of the plan."""
        if decision.reason.key == "plan" and planned is not None:
            return self.planned(planned)
        return self.controlled(decision.reason)

    def controlled(self, reason: ControlReason) -> str:
        """Why the controller does something else than the plan."""
        return self._say(f"control_{reason.key}", reason.values)

    def booked(self, reason: BookedReason) -> str | None:
        """Why something was done, from the books; None where the words for it, or its numbers, are not known."""
        values: dict[str, Any] = dict(reason.values)
        undone = values.pop(UNDONE, False)
        try:
            if isinstance(values.get("detail"), Mapping):
                values["detail"] = Explanation.from_dict(values["detail"])
            values |= {name: datetime.fromisoformat(values[name]) for name in MOMENTS & values.keys()}
            known = f"component.{DOMAIN}.common.plan_{reason.key}" in self._common
            text = self.planned(Reason(reason.key, values)) if known else self._say(f"control_{reason.key}", values)
        except KeyError, TypeError, ValueError:
            return None
        return text + self._say("booked_undone", {}) if undone else text

    def failure(self, error: NatteryError) -> str:
        """Return the text of an error of the core."""
        return self._error(error.explanation)

    def _error(self, explanation: Explanation) -> str:
        return self._exceptions[f"component.{DOMAIN}.exceptions.{explanation.key}.message"].format_map(
            explanation.values
        )

    def action(self, kind: str) -> str:
        """The name of an action."""
        return self._entity[f"component.{DOMAIN}.entity.sensor.battery_action.state.{kind}"]

    def _say(self, key: str, values: Mapping[str, Any]) -> str:
        shown = {name: self._shown(name, value) for name, value in values.items()}
        return self._common[f"component.{DOMAIN}.common.{key}"].format_map(shown)

    def _shown(self, name: str, value: object) -> str:
        if name == "known_until" and isinstance(value, datetime):  # days away
            return f"{dt_util.as_local(value):%Y-%m-%d %H:%M}"
        if isinstance(value, datetime):
            return f"{dt_util.as_local(value):%H:%M}"
        if isinstance(value, Explanation):  # of an error, within the sentence of a reason
            return self._error(value).removesuffix(".")
        if name == "strategy":
            return self._entity[f"component.{DOMAIN}.entity.select.strategy.state.{value}"]
        if name in _MONEY:
            return f"{value:.3f}"
        if name in _AMOUNTS:
            return f"{value:.2f}"
        return f"{value:g}" if isinstance(value, float) else str(value)

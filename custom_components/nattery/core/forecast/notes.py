"""What a person should know about a forecast: keys and values for Home Assistant to translate, and English."""

from typing import override

from ..explanation import Note, sentence

_REACHES = "The provider's PV forecast reaches to {known_until} UTC; where it says nothing, "
_NO_PROVIDER = "There is no provider's PV forecast; "
_ROOF = "the mean of the last {days} days is used"

NOTES = {
    "no_load_history": "There is no history of the load yet; a flat {daily_kwh:.1f} kWh a day is assumed",
    "short_load_history": "The load is forecast from {days:.1f} days of history only",
    "first_days": "History is short: the inverter's own energies of {days} days are spread over their hours",
    "provider_ends": _REACHES + _ROOF,
    "provider_ends_zero": _REACHES + "zero is used",
    "no_provider": _NO_PROVIDER + _ROOF,
    "no_provider_zero": _NO_PROVIDER + "zero is used",
    "corrected": "The provider's PV forecast is multiplied by {factor:.2f}, as the last {days} days have shown",
}


class ForecastNote(Note):
    """A key of NOTES and its values."""

    __slots__ = ()

    @override
    def __str__(self) -> str:
        """One English sentence."""
        return sentence(NOTES[self.key], self.values)

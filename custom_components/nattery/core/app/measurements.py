"""What trading measures of a home, whichever device measures it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from ..ledger.meter import PowerReading


class Measurements(Protocol):
    """The latest state of charge and powers of a home."""

    @property
    def soc(self) -> float | None:
        """The battery's state of charge (0 to 1), or None while it is unknown."""

    @property
    def reading(self) -> PowerReading | None:
        """The latest state of charge and powers as one object per poll, or None while one of them is unknown."""

    def async_add_listener(self, update_callback: Callable[[], None]) -> Callable[[], None]:
        """Call the listener after every poll, until the returned function is called."""


@dataclass(frozen=True, slots=True)
class DailyEnergies:
    """The kWh of load and PV of past days by date, as a device remembers them on its own date `today`."""

    today: date
    load: Mapping[date, float]
    pv: Mapping[date, float]


class EnergyHistory(Protocol):
    """Where the household's energies of the past are found."""

    @property
    def statistic_ids(self) -> Mapping[str, str]:
        """The ids of the statistics of `load_energy`, `load_power`, `pv_energy` and `pv_power`, as far as there are."""

    @property
    def today(self) -> date:
        """The local date."""

    async def async_daily_energies(self) -> DailyEnergies | None:
        """Return the energies of past days, or None if the device does not answer or its date is wrong."""

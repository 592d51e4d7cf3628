"""The data of a battery and its grid connection, as the user entered them."""

from dataclasses import dataclass

from ..planner.problem import BatteryModel, GridConnection


@dataclass(frozen=True, slots=True)
class TradingSettings:
    """The battery, the grid connection and the place of the ledger.

    `capacity` is in kWh. `charge` and `discharge` are AC powers in kW. `efficiency` is that of one direction (0 to 1),
    `soc_min` and `soc_max` are shares (0 to 1). `wear` is money per AC kWh charged or discharged. `import_limit` and
    `export_limit` are in kW. `peak_price` is money per kW of the month's highest import of a quarter-hour, 0 without a
    capacity tariff. `ledger` is the URL of a PostgreSQL database, "" for a local file.
    """

    capacity: float
    wear: float
    charge: float
    discharge: float
    efficiency: float
    soc_min: float
    soc_max: float
    import_limit: float
    export_limit: float
    peak_price: float
    ledger: str

    def battery(self, soc_start: float) -> BatteryModel:
        """Return the planner's model of the battery with a state of charge of `soc_start` (0 to 1)."""
        return BatteryModel(
            capacity_kwh=self.capacity,
            soc_start=soc_start,
            soc_min=self.soc_min,
            soc_max=self.soc_max,
            charge_kw=self.charge,
            discharge_kw=self.discharge,
            charge_efficiency=self.efficiency,
            discharge_efficiency=self.efficiency,
            wear_per_kwh=self.wear,
        )

    @property
    def grid(self) -> GridConnection:
        """The planner's model of the grid connection."""
        return GridConnection(self.import_limit, self.export_limit)


def wear_cost(battery_price: float, capacity: float, cycles: float) -> float:
    """Return the wear per AC kWh charged or discharged: the battery's price over its lifetime throughput."""
    return battery_price / (2 * capacity * cycles)

"""What the demo enters into the forms of prices and trading."""

from .api import Json

AREA = "IT_NORD"
# The simulated battery of 10 kWh at a typical price, with a typical grid connection.
TRADING_FORM: Json = {
    "capacity": 10.0,
    "battery_price": 3500.0,
    "charge": 4.5,
    "discharge": 4.5,
    "import": 6.0,
    "export": 6.0,
    "more": {"cycles": 8000, "efficiency": 90.0, "soc_min": 10.0, "soc_max": 100.0},
}
# Approximate prices of a household in Italy: losses, grid fees, levies, and three time bands of the supplier.
_WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]
TARIFF_FORM: Json = {
    "import_rate": {
        "factor": 1.1,
        "fee": 0.068,
        "vat_percent": 10,
        "bands": [
            {"fee": 0.032, "start": "08:00:00", "end": "19:00:00", "days": _WORKDAYS},
            {"fee": 0.021, "start": "07:00:00", "end": "23:00:00", "days": [*_WORKDAYS, "sat"]},
            {"fee": 0.009},
        ],
        "hourly": False,
    },
    "export_rate": {"factor": 1, "fee": 0.006, "vat_percent": 0, "floor": 0, "hourly": False},
    "holidays": ["01-01", "01-06", "04-25", "05-01", "06-02", "08-15", "11-01", "12-08", "12-25", "12-26"],
}

"""The tariff form: a section of fields for each of the two rates, and the holidays."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    ObjectSelector,
    ObjectSelectorConfig,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TemplateSelector,
    TextSelector,
    TextSelectorConfig,
    TimeSelector,
)
import probatio as vol

from ..core.market.tariff import DAYS, Tariff, TariffError
from ..form_fields import number_field

RATES: Final = ("import_rate", "export_rate")
HOLIDAYS: Final = "holidays"
_WHOLE_DAY: Final = "24:00"  # the end of a band; a time picker cannot show it


def _bands(unit: str) -> ObjectSelector:
    return ObjectSelector(
        ObjectSelectorConfig(
            multiple=True,
            label_field="fee",
            description_field="start",
            translation_key="bands",
            fields={
                "fee": {"required": True, "selector": number_field(-1000, 1000, unit).serialize()["selector"]},
                "start": {"selector": TimeSelector().serialize()["selector"]},
                "end": {"selector": TimeSelector().serialize()["selector"]},
                "days": {
                    "selector": SelectSelector(
                        SelectSelectorConfig(
                            options=list(DAYS),
                            multiple=True,
                            mode=SelectSelectorMode.DROPDOWN,
                            translation_key="tariff_days",
                        )
                    ).serialize()["selector"]
                },
                "first": {"selector": TextSelector().serialize()["selector"]},
                "last": {"selector": TextSelector().serialize()["selector"]},
            },
        )
    )


def _rate(unit: str) -> vol.Schema:
    return vol.Schema(
        {
            vol.Required("factor", default=1.0): number_field(-10, 10),
            vol.Required("fee", default=0.0): number_field(-1000, 1000, unit),
            vol.Required("vat_percent", default=0.0): number_field(0, 100, "%"),
            vol.Optional("bands"): _bands(unit),
            vol.Optional("floor"): number_field(-1000, 1000, unit),
            vol.Required("hourly", default=False): BooleanSelector(),
            vol.Optional("template"): TemplateSelector(),
        }
    )


def tariff_schema(currency: str) -> vol.Schema:
    """Return the form, with fees in `currency` per kWh."""
    unit = f"{currency}/kWh"
    return vol.Schema(
        {
            vol.Required("import_rate"): section(_rate(unit), {"collapsed": False}),
            vol.Required("export_rate"): section(_rate(unit), {"collapsed": True}),
            vol.Optional(HOLIDAYS): TextSelector(TextSelectorConfig(multiple=True)),
        }
    )


def tariff_to_form(tariff: Tariff) -> dict[str, Any]:
    """Return the form values of a tariff, without empty ones."""
    values = tariff.to_dict()
    for name in RATES:
        rate = {key: value for key, value in values[name].items() if value not in (None, "", [])}
        if "bands" in rate:
            rate["bands"] = [
                {**band, "end": "00:00" if band["end"] == _WHOLE_DAY else band["end"]} for band in rate["bands"]
            ]
        values[name] = rate
    return values


def tariff_from_form(form: Mapping[str, Any]) -> Tariff:
    """Return the tariff from form values; raise TariffError, whose `place` says where."""
    rates = {name: _rate_from_form(form.get(name, {})) for name in RATES}
    return Tariff.from_dict({**rates, HOLIDAYS: [day.strip() for day in form.get(HOLIDAYS, []) if day.strip()]})


def _rate_from_form(rate: Mapping[str, Any]) -> dict[str, Any]:
    values = {key: value for key, value in rate.items() if value is not None}
    if "bands" in values:
        values["bands"] = [_band_from_form(band) for band in values["bands"]]
    return values


def _band_from_form(band: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a band: time pickers append seconds and show midnight at the end of a day as 00:00."""
    values = {key: value for key, value in band.items() if value not in (None, "", [])}
    for name in ("start", "end"):
        if isinstance(time_text := values.get(name), str):
            values[name] = time_text.removesuffix(":00") if time_text.count(":") > 1 else time_text
    if values.get("end") == "00:00":
        values["end"] = _WHOLE_DAY
    return values


def form_error_of(error: TariffError) -> tuple[str, dict[str, str]]:
    """Return the translation key and placeholders of a tariff error."""
    rate, _, field = error.place.partition(".")
    if rate == HOLIDAYS:
        return "bad_holiday", {}
    if field.startswith("bands"):
        number = field.removeprefix("bands[").partition("]")[0]
        return f"bad_band_{rate}", {"number": str(int(number) + 1) if number.isdecimal() else "1"}
    return (f"bad_template_{rate}" if field == "template" else "bad_tariff"), {}

"""Adding and changing prices step by step: every error, and the success after it."""

from dataclasses import replace
from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant, SupportsResponse
from homeassistant.data_entry_flow import FlowResultType, InvalidData, section
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.nattery.core.market.entsoe.process import PriceQueryProcess
from custom_components.nattery.core.market.errors import MarketError, UnauthorizedError
from custom_components.nattery.core.market.prices import PriceSeries
from custom_components.nattery.core.market.tariff import TariffError
from custom_components.nattery.prices import flow as prices_flow
from custom_components.nattery.prices.settings import PriceSettings, price_subentry
from custom_components.nattery.prices.sources import primary_source
from custom_components.nattery.prices.tariff_form import form_error_of
from scripts.entsoe_standin.server import StandIn

from .market import CANARY, add_prices, price_data, run_in_worker
from .texts import TEXTS, placeholders_of

FLOW = TEXTS["config_subentries"]["prices"]
NO_TARIFF: dict[str, Any] = {"import_rate": {}, "export_rate": {}}

type Result = dict[str, Any]


@pytest.fixture(autouse=True)
async def _berlin(hass: HomeAssistant) -> None:
    await hass.config.async_set_time_zone("Europe/Berlin")


class FlowDriver:
    """Walks through the steps of the flow and checks that every text exists and is complete."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry) -> None:
        self.hass, self.entry, self.flows = hass, entry, hass.config_entries.subentries
        self.flow_id = ""

    async def start(self, source: str = SOURCE_USER, **context: str) -> Result:
        result = await self.flows.async_init((self.entry.entry_id, "prices"), context={"source": source, **context})
        return self.check_texts(result)

    async def change(self, step: str) -> Result:
        """Start to change the existing prices."""
        (subentry,) = self.entry.subentries
        menu = await self.start(SOURCE_RECONFIGURE, subentry_id=subentry)
        assert menu["menu_options"] == ["change_connection", "tariff", "sources", "notifications"]
        return await self.choose(step)

    async def give(self, **fields: Any) -> Result:
        return self.check_texts(await self.flows.async_configure(self.flow_id, fields))

    async def choose(self, step: str) -> Result:
        return await self.give(next_step_id=step)

    async def connect(self, url: str, token: str | None = CANARY, area: str = "DE_LU", seconds: float = 30) -> Result:
        """Submit the connection, and wait for its test."""
        fields: dict[str, Any] = {"area": area, "more": {"url": url, "timeout": seconds}}
        return await self.wait(await self.give(**fields | ({"token": token} if token is not None else {})))

    async def wait(self, result: Result) -> Result:
        while result["type"] is FlowResultType.SHOW_PROGRESS:
            await self.hass.async_block_till_done()
            result = self.check_texts(await self.flows.async_configure(self.flow_id))
        return result

    def check_texts(self, result: Any) -> Result:
        """Check every text of a step."""
        self.flow_id = result.get("flow_id", self.flow_id)
        filled = result.get("description_placeholders") or {}
        if result["type"] is FlowResultType.ABORT:
            common = {"reconfigure_successful", "reauth_successful"}
            assert result["reason"] in FLOW["abort"].keys() | common
        if result["type"] in {FlowResultType.FORM, FlowResultType.MENU}:
            texts = FLOW["step"][result["step_id"]]
            errors = [FLOW["error"][key] for key in (result.get("errors") or {}).values()]
            for text in (texts.get("title", ""), texts.get("description", ""), *errors):
                assert placeholders_of(text) <= filled.keys(), text
            options, named = set(result.get("menu_options") or ()), texts.get("menu_options", {}).keys()
            assert options <= named
            assert options == named or result["step_id"] == "start", "the chain offers what there is"
            assert texts.get("menu_option_descriptions", {}).keys() in (set(), named)
        if result["type"] is FlowResultType.FORM:
            has_texts(FLOW["step"][result["step_id"]], result["data_schema"])
            assert CANARY not in str(initial_values(result)), "the token is never given back"
        return dict(result)


def has_texts(texts: dict[str, Any], schema: Any) -> None:
    """Check that every field has a name and description, also in sections, and that there are no others."""
    sections = {str(marker): field for marker, field in schema.schema.items() if isinstance(field, section)}
    plain = {str(marker) for marker in schema.schema} - sections.keys()
    assert plain == texts.get("data", {}).keys()
    assert plain == texts.get("data_description", {}).keys()
    assert sections.keys() == texts.get("sections", {}).keys()
    for name, field in sections.items():
        assert texts["sections"][name]["name"]
        has_texts(texts["sections"][name], field.schema)


def initial_values(form: Result) -> dict[str, Any]:
    """Return the initial values of a form's fields, sections included."""
    found: dict[str, Any] = {}
    for marker, field in form["data_schema"].schema.items():
        if isinstance(field, section):
            found[str(marker)] = initial_values({"data_schema": field.schema})
        elif marker.description and "suggested_value" in marker.description:
            found[str(marker)] = marker.description["suggested_value"]
        elif callable(marker.default):
            found[str(marker)] = marker.default()
    return found


@pytest.fixture
def driver(hass: HomeAssistant, house: MockConfigEntry) -> FlowDriver:
    return FlowDriver(hass, house)


@pytest.fixture
async def reconfigure_driver(hass: HomeAssistant, house: MockConfigEntry, market: StandIn) -> FlowDriver:
    """Return a wizard with existing prices."""
    add_prices(hass, house, price_data(market.url, tariff={"import_rate": {"fee": 0.2}}))
    await hass.async_block_till_done(wait_background_tasks=True)
    return FlowDriver(hass, house)


def data_of(driver: FlowDriver) -> dict[str, Any]:
    subentry = price_subentry(driver.entry)
    assert subentry is not None
    return dict(subentry.data)


# Adding


async def test_the_zone_of_the_country_is_suggested(driver: FlowDriver) -> None:
    """If the country has several zones, they come first and none is selected."""
    for country, suggested, first in (("AT", "AT", "AT"), ("DE", "DE_LU", "DE_LU"), ("SE", None, "SE_1"), (None,) * 3):
        driver.hass.config.country = country
        form = await driver.start()
        assert initial_values(form).get("area") == suggested
        (areas,) = (field for marker, field in form["data_schema"].schema.items() if marker == "area")
        options = [option["value"] for option in areas.config["options"]]
        assert len(options) == len(set(options)) > 40
        assert options[0] == (first or options[0])


async def test_only_one_prices_subentry(reconfigure_driver: FlowDriver) -> None:
    result = await reconfigure_driver.start()
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "single")


async def test_errors_are_shown_at_their_field(driver: FlowDriver, market: StandIn) -> None:
    await driver.start()
    for mode, errors in (
        ("unauthorized", {"token": "unauthorized"}),
        ("not_published", {"area": "no_data"}),
        ("only_second", {"area": "no_data"}),
        ("refused", {"area": "no_data"}),
    ):
        market.behaviour.next_modes = [mode]
        form = await driver.connect(market.url, area="AT", seconds=60)
        assert (form["type"], form["step_id"], form["errors"]) == (FlowResultType.FORM, "connection", errors)
        assert initial_values(form) == {"area": "AT", "more": {"url": market.url, "timeout": 60}}
    assert (await driver.connect(market.url))["step_id"] == "tariff"


async def test_missing_fields_are_reported_without_a_query(driver: FlowDriver, market: StandIn) -> None:
    await driver.start()
    assert (await driver.connect(market.url, "  "))["errors"] == {"token": "missing"}
    assert (await driver.connect("entsoe.example"))["errors"] == {"base": "bad_url"}
    assert market.queries == []
    assert (await driver.connect(f" {market.url} ", f" {CANARY} "))["step_id"] == "tariff"


async def test_after_a_server_error_the_user_can_continue(driver: FlowDriver, market: StandIn) -> None:
    """The user can retry, continue or change something."""
    await driver.start()
    for mode in ("html", "cut", "unavailable", "hang_up", "rate_limited", "wrong_domain"):
        market.behaviour.next_modes = [mode, mode]
        menu = await driver.connect(market.url)
        assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "unsure")
        assert menu["description_placeholders"]["reason"].endswith(".")
        again = await driver.wait(await driver.choose("check"))
        assert again["step_id"] == "unsure"
        assert market.behaviour.next_modes == [], "it was asked twice"
        form = await driver.choose("change")
        assert (form["step_id"], form["errors"]) == ("connection", {})
    assert (await driver.connect(market.url))["step_id"] == "tariff"


async def test_after_a_timeout_the_user_can_continue(
    driver: FlowDriver, market: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run in a real worker process, with a shorter timeout than users can choose."""
    monkeypatch.setattr(PriceQueryProcess, "run", run_in_worker)
    monkeypatch.setattr(prices_flow, "primary_source", lambda settings: primary_source(replace(settings, timeout=1.5)))
    market.behaviour.mode = "slow:20"
    await driver.start()
    progress = await driver.give(area="DE_LU", token=CANARY, more={"url": market.url, "timeout": 30})
    assert (progress["type"], progress["progress_action"]) == (FlowResultType.SHOW_PROGRESS, "asking")
    assert progress["progress_action"] in FLOW["progress"]
    menu = await driver.wait(progress)
    assert menu["description_placeholders"]["reason"] == "ENTSO-E did not respond within 1.5 seconds."
    market.behaviour.mode = "ok"
    form = await driver.choose("checked")
    assert form["step_id"] == "tariff"
    preview = await driver.give(**NO_TARIFF)
    assert preview["description_placeholders"]["import"] == "the prices of this day are not known yet"
    assert (await driver.choose("save"))["type"] is FlowResultType.CREATE_ENTRY


async def test_without_a_server_the_user_can_continue(driver: FlowDriver, market: StandIn) -> None:
    await driver.start()
    menu = await driver.connect("http://127.0.0.1:1/api")
    assert menu["step_id"] == "unsure"
    assert menu["description_placeholders"]["reason"].startswith("127.0.0.1 cannot be reached")


async def test_an_immediate_response_needs_one_query(
    driver: FlowDriver, market: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Home Assistant would pass the form's input to the next step, which would query again."""
    asked = []

    async def at_once(_hass: HomeAssistant, data: dict[str, Any]) -> tuple[list[PriceSeries], MarketError]:
        asked.append(data["area"])
        return [], UnauthorizedError()

    await driver.start()
    with monkeypatch.context() as patch:
        patch.setattr(prices_flow, "async_test_connection", at_once)
        form = await driver.connect(market.url)
    assert (form["step_id"], form["errors"]) == ("connection", {"token": "unauthorized"})
    assert asked == ["DE_LU"]
    assert (await driver.connect(market.url))["step_id"] == "tariff"


async def test_closing_the_flow_cancels_the_query(
    driver: FlowDriver, market: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.behaviour.mode = "slow:0.3"
    await driver.start()
    await driver.give(area="DE_LU", token=CANARY, more={"url": market.url, "timeout": 30})
    (flow,) = driver.flows._progress.values()
    assert isinstance(flow, prices_flow.PricesSubentryFlow)
    task = flow._test_task
    assert task is not None
    driver.flows.async_abort(driver.flow_id)
    await driver.hass.async_block_till_done()
    assert task.cancelled()


# The tariff


async def open_tariff_step(driver: FlowDriver, market: StandIn) -> Result:
    await driver.start()
    return await driver.connect(market.url)


FULL: dict[str, Any] = {
    "import_rate": {
        "factor": 1.02,
        "fee": 0.15,
        "vat_percent": 19,
        "floor": 0.05,
        "hourly": True,
        "bands": [
            {"fee": 0.03, "start": "06:00:00", "end": "22:00:00", "days": ["mon", "fri"], "first": "04-01"},
            {"fee": 0.01, "start": "22:00:00", "end": "00:00:00"},
            {"fee": 0.02, "days": []},
        ],
    },
    "export_rate": {"factor": 0.9, "fee": 0.0, "vat_percent": 0, "hourly": False, "template": "{{ spot / 2 }}"},
    "holidays": ["12-25", " 2026-04-03 ", ""],
}


async def test_a_tariff_with_all_fields(driver: FlowDriver, market: StandIn) -> None:
    await open_tariff_step(driver, market)
    preview = await driver.give(**FULL)
    assert preview["step_id"] == "preview"
    said = preview["description_placeholders"]
    assert said["import"].startswith("cheapest from ")
    assert said["import"] != said["export"]
    back = await driver.choose("tariff")
    kept = initial_values(back)
    assert kept["import_rate"]["bands"][1] == {
        "fee": 0.01,
        "start": "22:00",
        "end": "00:00",
        "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"],
        "first": "01-01",
        "last": "12-31",
    }
    assert kept["holidays"] == ["12-25", "2026-04-03"]
    await driver.give(**kept)
    assert (await driver.choose("save"))["type"] is FlowResultType.CREATE_ENTRY
    tariff = PriceSettings.from_data(data_of(driver)).tariff
    first, second, third = tariff.import_rate.bands
    assert (first.start, first.end, first.days, first.first, first.last) == (
        "06:00",
        "22:00",
        ("mon", "fri"),
        "04-01",
        "12-31",
    )
    assert (second.start, second.end, third.start, third.end) == ("22:00", "24:00", "00:00", "24:00")
    assert (tariff.import_rate.floor, tariff.import_rate.hourly) == (0.05, True)
    assert tariff.export_rate.template == "{{ spot / 2 }}"
    assert tariff.holidays == ("12-25", "2026-04-03")


def tariff(rate: str = "import_rate", **fields: Any) -> dict[str, Any]:
    return {**NO_TARIFF, rate: fields}


WRONG: tuple[tuple[dict[str, Any], str, str | None], ...] = (
    ({**NO_TARIFF, "holidays": ["Christmas"]}, "bad_holiday", None),
    ({**NO_TARIFF, "holidays": ["02-30"]}, "bad_holiday", None),
    (tariff(bands=[{"fee": 1, "start": "10:00", "end": "10:00"}]), "bad_band_import_rate", "1"),
    (tariff(bands=[{"fee": 1}, {"fee": 1, "first": "1 May"}]), "bad_band_import_rate", "2"),
    (tariff(bands=[{"fee": 1, "start": "10:00:30"}]), "bad_band_import_rate", "1"),
    (tariff("export_rate", bands=[{"fee": 1, "last": "13-01"}]), "bad_band_export_rate", "1"),
    (tariff(template="{{ 'dear' }}"), "bad_template_import_rate", None),
    (tariff(template="{{ spot / 0 }}"), "bad_template_import_rate", None),
    (tariff(template="{{ today_at('25:00') }}"), "bad_template_import_rate", None),
    (tariff("export_rate", template="{{ nothing.at.all }}"), "bad_template_export_rate", None),
)


async def test_an_invalid_tariff(driver: FlowDriver, market: StandIn) -> None:
    """The error names the part, the input is kept, and the corrected input is accepted."""
    await open_tariff_step(driver, market)
    for given, key, number in WRONG:
        form = await driver.give(**given)
        assert (form["step_id"], form["errors"]) == ("tariff", {"base": key})
        assert (form["description_placeholders"] or {}).get("number") == number
        kept = initial_values(form)
        assert kept["import_rate"].get("template") == given["import_rate"].get("template")
        assert kept.get("holidays") == given.get("holidays")
        assert (await driver.give(**NO_TARIFF))["step_id"] == "preview"
        await driver.choose("tariff")


async def test_numbers_out_of_range_are_rejected_by_the_form(driver: FlowDriver, market: StandIn) -> None:
    await open_tariff_step(driver, market)
    for wrong in ({"factor": 11}, {"fee": 1001}, {"vat_percent": -1}, {"bands": [{"start": "10:00"}]}):
        with pytest.raises(InvalidData):
            await driver.flows.async_configure(driver.flow_id, tariff(**wrong))
    assert (await driver.give(**NO_TARIFF))["step_id"] == "preview"


def test_a_number_accepted_by_the_form_still_has_an_error_message() -> None:
    assert form_error_of(TariffError("import_rate.factor", "too large")) == ("bad_tariff", {})
    assert form_error_of(TariffError("import_rate.bands", "no list"))[1] == {"number": "1"}


async def test_templates_use_the_time_of_their_slot(driver: FlowDriver, market: StandIn) -> None:
    """Not the time at which the form is submitted."""
    await open_tariff_step(driver, market)
    template = "{{ now().hour + (1 if start >= today_at('12:00') else 0) + (utcnow() - now()).seconds }}"
    preview = await driver.give(**tariff(template=template))
    said = preview["description_placeholders"]["import"]
    assert "cheapest from 00:00 to 03:00 at 100 ct/kWh" in said
    assert "lowest 0 ct" in said
    assert "highest 2400 ct" in said


async def test_fees_are_in_the_currency_of_the_prices(driver: FlowDriver, market: StandIn) -> None:
    market.behaviour.mode = "currency"
    await driver.start()
    form = await driver.connect(market.url, area="PL")
    rate = form["data_schema"].schema["import_rate"].schema.schema
    assert rate["fee"].config["unit_of_measurement"] == "PLN/kWh"


# Changing


async def test_an_empty_token_keeps_the_stored_one(reconfigure_driver: FlowDriver, market: StandIn) -> None:
    form = await reconfigure_driver.change("change_connection")
    assert initial_values(form) == {"area": "DE_LU", "more": {"url": market.url, "timeout": 30}}
    done = await reconfigure_driver.connect(market.url, token=None, seconds=100)
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert (data_of(reconfigure_driver)["token"], data_of(reconfigure_driver)["timeout"]) == (CANARY, 100)
    assert data_of(reconfigure_driver)["tariff"] == {"import_rate": {"fee": 0.2}}, "the rest stays"


async def test_a_new_token(reconfigure_driver: FlowDriver, market: StandIn) -> None:
    market.behaviour.token = "another"
    await reconfigure_driver.change("change_connection")
    form = await reconfigure_driver.connect(market.url, "wrong")
    assert form["errors"] == {"token": "unauthorized"}
    assert data_of(reconfigure_driver)["token"] == CANARY
    done = await reconfigure_driver.connect(market.url, "another")
    assert done["reason"] == "reconfigure_successful"
    assert data_of(reconfigure_driver)["token"] == "another"


async def test_another_tariff(reconfigure_driver: FlowDriver) -> None:
    """With a preview of the known prices, without a fetch."""
    form = await reconfigure_driver.change("tariff")
    assert initial_values(form)["import_rate"]["fee"] == 0.2
    preview = await reconfigure_driver.give(**tariff(fee=5.0))
    assert "cheapest from" in preview["description_placeholders"]["import"]
    assert (await reconfigure_driver.choose("save"))["reason"] == "reconfigure_successful"
    assert data_of(reconfigure_driver)["tariff"]["import_rate"]["fee"] == 5.0
    assert data_of(reconfigure_driver)["token"] == CANARY
    await reconfigure_driver.hass.async_block_till_done(wait_background_tasks=True)
    state = reconfigure_driver.hass.states.get("sensor.electricity_import_price")
    assert state is not None
    assert float(state.state) > 4.5


async def test_a_tariff_can_be_changed_while_the_config_entry_is_not_loaded(reconfigure_driver: FlowDriver) -> None:
    await reconfigure_driver.hass.config_entries.async_unload(reconfigure_driver.entry.entry_id)
    assert reconfigure_driver.entry.state is ConfigEntryState.NOT_LOADED
    await reconfigure_driver.change("tariff")
    preview = await reconfigure_driver.give(**NO_TARIFF)
    assert preview["description_placeholders"]["export"] == "the prices of this day are not known yet"


async def test_other_sources(reconfigure_driver: FlowDriver) -> None:
    reconfigure_driver.hass.services.async_register(
        "other", "prices", lambda _: {}, supports_response=SupportsResponse.ONLY
    )
    assert initial_values(await reconfigure_driver.change("sources")) == {"sources": []}
    wanted: dict[str, Any] = {"sources": ["nord_pool", "energy_charts"], "entity": "sensor.other"}
    action = {"action": " other.prices ", "action_data": {"date": "{{ day }}"}, "action_key": "GER"}
    form = await reconfigure_driver.give(**wanted, **action | {"action": "other.nothing"})
    assert form["errors"] == {"action": "unknown_action"}
    assert initial_values(form) == {**wanted, **action, "action": "other.nothing"}
    form = await reconfigure_driver.give(**wanted, **action | {"action": "other"})
    assert form["errors"] == {"action": "unknown_action"}
    form = await reconfigure_driver.give(**wanted, **action | {"action_data": ["2026-11-20"]})
    assert form["errors"] == {"action_data": "no_mapping"}
    assert (await reconfigure_driver.give(**wanted, **action))["reason"] == "reconfigure_successful"
    settings = PriceSettings.from_data(data_of(reconfigure_driver))
    assert settings.sources == ("nord_pool", "energy_charts")
    assert (settings.entity, settings.action, settings.action_key) == ("sensor.other", "other.prices", "GER")
    assert settings.action_data == {"date": "{{ day }}"}
    await reconfigure_driver.hass.async_block_till_done(wait_background_tasks=True)
    await reconfigure_driver.change("sources")
    assert (await reconfigure_driver.give(sources=[]))["reason"] == "reconfigure_successful"
    settings = PriceSettings.from_data(data_of(reconfigure_driver))
    assert (settings.sources, settings.entity, settings.action, settings.action_data) == ((), "", "", {})


async def test_notifications(reconfigure_driver: FlowDriver) -> None:
    assert initial_values(await reconfigure_driver.change("notifications")) == {"slow": 90}
    assert (await reconfigure_driver.give(notify=["notify.phone"], slow=45))["reason"] == "reconfigure_successful"
    settings = PriceSettings.from_data(data_of(reconfigure_driver))
    assert (settings.notify, settings.slow) == (("notify.phone",), 45)

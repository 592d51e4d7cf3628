"""Adding and changing prices, step by step; every error, and success after it."""

from dataclasses import replace
from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigEntryState, FlowType
from homeassistant.core import HomeAssistant, SupportsResponse
from homeassistant.data_entry_flow import FlowResultType, InvalidData, section
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.market.entsoe.process import PriceQueryProcess
from custom_components.nattery.core.market.errors import MarketError, UnauthorizedError
from custom_components.nattery.core.market.prices import PriceSeries
from custom_components.nattery.core.market.tariff import TariffError
from custom_components.nattery.prices import flow as prices_flow
from custom_components.nattery.prices.settings import PriceSettings, price_subentry
from custom_components.nattery.prices.sources import main_supplier
from custom_components.nattery.prices.tariff_form import error_of
from scripts.entsoe_standin.server import StandIn

from .market import CANARY, add_prices, ask_there, price_data
from .texts import TEXTS, placeholders_of

FLOW = TEXTS["config_subentries"]["prices"]
NO_TARIFF: dict[str, Any] = {"import_rate": {}, "export_rate": {}}

type Result = dict[str, Any]


@pytest.fixture(autouse=True)
async def _berlin(hass: HomeAssistant) -> None:
    await hass.config.async_set_time_zone("Europe/Berlin")


class Wizard:
    """Somebody who clicks through the steps; every text on the way must be there and be filled."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry) -> None:
        self.hass, self.entry, self.flows = hass, entry, hass.config_entries.subentries
        self.flow_id = ""

    async def start(self, source: str = SOURCE_USER, **context: str) -> Result:
        result = await self.flows.async_init((self.entry.entry_id, "prices"), context={"source": source, **context})
        return self.seen(result)

    async def change(self, step: str) -> Result:
        """Begin to change the prices there are."""
        (subentry,) = self.entry.subentries
        menu = await self.start(SOURCE_RECONFIGURE, subentry_id=subentry)
        assert menu["menu_options"] == ["connection", "tariff", "sources", "notifications"]
        return await self.choose(step)

    async def give(self, **fields: Any) -> Result:
        return self.seen(await self.flows.async_configure(self.flow_id, fields))

    async def choose(self, step: str) -> Result:
        return await self.give(next_step_id=step)

    async def connect(self, url: str, token: str | None = CANARY, area: str = "DE_LU", seconds: float = 30) -> Result:
        """Fill in the connection, and wait until it was tried."""
        fields: dict[str, Any] = {"area": area, "more": {"url": url, "timeout": seconds}}
        return await self.wait(await self.give(**fields | ({"token": token} if token is not None else {})))

    async def wait(self, result: Result) -> Result:
        while result["type"] is FlowResultType.SHOW_PROGRESS:
            await self.hass.async_block_till_done()
            result = self.seen(await self.flows.async_configure(self.flow_id))
        return result

    def seen(self, result: Any) -> Result:
        """Read all that a person would."""
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
            assert set(result.get("menu_options") or ()) == texts.get("menu_options", {}).keys()
        if result["type"] is FlowResultType.FORM:
            has_texts(FLOW["step"][result["step_id"]], result["data_schema"])
            assert CANARY not in str(shown(result)), "the token is never given back"
        return dict(result)


def has_texts(texts: dict[str, Any], schema: Any) -> None:
    """Whether every field has its name and description, in sections as well, and no text is left over."""
    sections = {str(marker): field for marker, field in schema.schema.items() if isinstance(field, section)}
    plain = {str(marker) for marker in schema.schema} - sections.keys()
    assert plain == texts.get("data", {}).keys()
    assert plain == texts.get("data_description", {}).keys()
    assert sections.keys() == texts.get("sections", {}).keys()
    for name, field in sections.items():
        assert texts["sections"][name]["name"]
        has_texts(texts["sections"][name], field.schema)


def shown(form: Result) -> dict[str, Any]:
    """What stands in the fields of a form when it is opened, sections included."""
    found: dict[str, Any] = {}
    for marker, field in form["data_schema"].schema.items():
        if isinstance(field, section):
            found[str(marker)] = shown({"data_schema": field.schema})
        elif marker.description and "suggested_value" in marker.description:
            found[str(marker)] = marker.description["suggested_value"]
        elif callable(marker.default):
            found[str(marker)] = marker.default()
    return found


@pytest.fixture
def wizard(hass: HomeAssistant, house: MockConfigEntry) -> Wizard:
    return Wizard(hass, house)


@pytest.fixture
async def changer(hass: HomeAssistant, house: MockConfigEntry, market: StandIn) -> Wizard:
    """One who finds prices there already."""
    add_prices(hass, house, price_data(market.url, tariff={"import_rate": {"fee": 0.2}}))
    await hass.async_block_till_done(wait_background_tasks=True)
    return Wizard(hass, house)


def data_of(wizard: Wizard) -> dict[str, Any]:
    subentry = price_subentry(wizard.entry)
    assert subentry is not None
    return dict(subentry.data)


# Adding


async def test_the_entry_goes_on_with_prices(hass: HomeAssistant, market: StandIn, hass_storage: Any) -> None:
    """From the inverter to prices on the screen in one go."""
    hass.config.country = "DE"
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    form = await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": "simulated"})
    done = await hass.config_entries.flow.async_configure(form["flow_id"], {"name": "House"})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    kind, flow_id = done["next_flow"]
    assert kind is FlowType.CONFIG_SUBENTRIES_FLOW
    await hass.async_block_till_done()
    wizard = Wizard(hass, done["result"])
    (waiting,) = hass.config_entries.subentries.async_progress()
    assert (waiting["flow_id"], waiting["step_id"]) == (flow_id, "connection")
    wizard.flow_id = flow_id
    tariff = await wizard.connect(market.url)
    assert tariff["step_id"] == "tariff"
    await wizard.give(import_rate={"fee": 0.2, "vat_percent": 19}, export_rate={"factor": 0.9})
    created = await wizard.choose("save")
    assert created["type"] is FlowResultType.CREATE_ENTRY
    assert created["title"] == "Electricity"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert data_of(wizard)["token"] == CANARY
    assert PriceSettings.of(data_of(wizard)).tariff.import_rate.vat_percent == 19
    await done["result"].runtime_data.prices.async_ask()
    price = hass.states.get("sensor.electricity_import_price")
    assert price is not None
    assert float(price.state) > 0
    assert await hass.config_entries.async_unload(done["result"].entry_id)


async def test_the_area_is_that_of_the_country(wizard: Wizard) -> None:
    """Where it has several, they stand first and none is chosen."""
    for country, suggested, first in (("AT", "AT", "AT"), ("DE", "DE_LU", "DE_LU"), ("SE", None, "SE_1"), (None,) * 3):
        wizard.hass.config.country = country
        form = await wizard.start()
        assert shown(form).get("area") == suggested
        (areas,) = (field for marker, field in form["data_schema"].schema.items() if marker == "area")
        options = [option["value"] for option in areas.config["options"]]
        assert len(options) == len(set(options)) > 40
        assert options[0] == (first or options[0])


async def test_only_one(changer: Wizard) -> None:
    result = await changer.start()
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "single")


async def test_what_the_user_got_wrong_is_said_at_its_field(wizard: Wizard, market: StandIn) -> None:
    await wizard.start()
    for mode, errors in (
        ("unauthorized", {"token": "unauthorized"}),
        ("not_published", {"area": "no_data"}),
        ("only_second", {"area": "no_data"}),
        ("refused", {"area": "no_data"}),
    ):
        market.behaviour.plan = [mode]
        form = await wizard.connect(market.url, area="AT", seconds=60)
        assert (form["type"], form["step_id"], form["errors"]) == (FlowResultType.FORM, "connection", errors)
        assert shown(form) == {"area": "AT", "more": {"url": market.url, "timeout": 60}}
    assert (await wizard.connect(market.url))["step_id"] == "tariff"


async def test_what_is_missing_is_said_without_asking(wizard: Wizard, market: StandIn) -> None:
    await wizard.start()
    assert (await wizard.connect(market.url, "  "))["errors"] == {"token": "missing"}
    assert (await wizard.connect("entsoe.example"))["errors"] == {"base": "bad_url"}
    assert market.queries == []
    assert (await wizard.connect(f" {market.url} ", f" {CANARY} "))["step_id"] == "tariff"


async def test_a_server_in_trouble_is_not_the_users_fault(wizard: Wizard, market: StandIn) -> None:
    """What is broken on the other side lets the user try again, go on or change something."""
    await wizard.start()
    for mode in ("html", "cut", "unavailable", "hang_up", "rate_limited", "wrong_domain"):
        market.behaviour.plan = [mode, mode]
        menu = await wizard.connect(market.url)
        assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "unsure")
        assert menu["description_placeholders"]["reason"].endswith(".")
        again = await wizard.wait(await wizard.choose("check"))
        assert again["step_id"] == "unsure"
        assert market.behaviour.plan == [], "it was asked twice"
        form = await wizard.choose("change")
        assert (form["step_id"], form["errors"]) == ("connection", {})
    assert (await wizard.connect(market.url))["step_id"] == "tariff"


async def test_a_slow_server_lets_the_user_go_on(
    wizard: Wizard, market: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked as it really is, by a process of its own, with a time limit shorter than a person may choose."""
    monkeypatch.setattr(PriceQueryProcess, "run", ask_there)
    monkeypatch.setattr(prices_flow, "main_supplier", lambda settings: main_supplier(replace(settings, timeout=1.5)))
    market.behaviour.mode = "slow:20"
    await wizard.start()
    waiting = await wizard.give(area="DE_LU", token=CANARY, more={"url": market.url, "timeout": 30})
    assert (waiting["type"], waiting["progress_action"]) == (FlowResultType.SHOW_PROGRESS, "asking")
    assert waiting["progress_action"] in FLOW["progress"]
    menu = await wizard.wait(waiting)
    assert menu["description_placeholders"]["reason"] == "ENTSO-E did not respond within 1.5 seconds."
    market.behaviour.mode = "ok"
    form = await wizard.choose("checked")
    assert form["step_id"] == "tariff"
    preview = await wizard.give(**NO_TARIFF)
    assert preview["description_placeholders"]["import"] == "the prices of this day are not known yet"
    assert (await wizard.choose("save"))["type"] is FlowResultType.CREATE_ENTRY


async def test_a_dead_server_lets_the_user_go_on(wizard: Wizard, market: StandIn) -> None:
    await wizard.start()
    menu = await wizard.connect("http://127.0.0.1:1/api")
    assert menu["step_id"] == "unsure"
    assert menu["description_placeholders"]["reason"].startswith("127.0.0.1 cannot be reached")


async def test_an_answer_that_is_there_at_once_is_asked_for_once(
    wizard: Wizard, market: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As from a server next door: Home Assistant would give the form's input to the next step, which asked again."""
    asked = []

    async def at_once(_hass: HomeAssistant, data: dict[str, Any]) -> tuple[list[PriceSeries], MarketError]:
        asked.append(data["area"])
        return [], UnauthorizedError()

    await wizard.start()
    with monkeypatch.context() as patch:
        patch.setattr(prices_flow, "async_try", at_once)
        form = await wizard.connect(market.url)
    assert (form["step_id"], form["errors"]) == ("connection", {"token": "unauthorized"})
    assert asked == ["DE_LU"]
    assert (await wizard.connect(market.url))["step_id"] == "tariff"


async def test_a_dialogue_that_is_closed_asks_no_longer(
    wizard: Wizard, market: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.behaviour.mode = "slow:0.3"
    await wizard.start()
    await wizard.give(area="DE_LU", token=CANARY, more={"url": market.url, "timeout": 30})
    (flow,) = wizard.flows._progress.values()
    assert isinstance(flow, prices_flow.PricesFlow)
    task = flow._task
    assert task is not None
    wizard.flows.async_abort(wizard.flow_id)
    await wizard.hass.async_block_till_done()
    assert task.cancelled()


# The tariff


async def at_tariff(wizard: Wizard, market: StandIn) -> Result:
    await wizard.start()
    return await wizard.connect(market.url)


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


async def test_a_tariff_with_everything(wizard: Wizard, market: StandIn) -> None:
    await at_tariff(wizard, market)
    preview = await wizard.give(**FULL)
    assert preview["step_id"] == "preview"
    said = preview["description_placeholders"]
    assert said["import"].startswith("cheapest from ")
    assert said["import"] != said["export"]
    back = await wizard.choose("tariff")
    kept = shown(back)
    assert kept["import_rate"]["bands"][1] == {
        "fee": 0.01,
        "start": "22:00",
        "end": "00:00",
        "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"],
        "first": "01-01",
        "last": "12-31",
    }
    assert kept["holidays"] == ["12-25", "2026-04-03"]
    await wizard.give(**kept)
    assert (await wizard.choose("save"))["type"] is FlowResultType.CREATE_ENTRY
    tariff = PriceSettings.of(data_of(wizard)).tariff
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


async def test_a_tariff_that_cannot_be(wizard: Wizard, market: StandIn) -> None:
    """Says which part is wrong, keeps what was typed, and goes on once it is right."""
    await at_tariff(wizard, market)
    for given, key, number in WRONG:
        form = await wizard.give(**given)
        assert (form["step_id"], form["errors"]) == ("tariff", {"base": key})
        assert (form["description_placeholders"] or {}).get("number") == number
        kept = shown(form)
        assert kept["import_rate"].get("template") == given["import_rate"].get("template")
        assert kept.get("holidays") == given.get("holidays")
        assert (await wizard.give(**NO_TARIFF))["step_id"] == "preview"
        await wizard.choose("tariff")


async def test_numbers_out_of_range_are_refused_by_the_form(wizard: Wizard, market: StandIn) -> None:
    await at_tariff(wizard, market)
    for wrong in ({"factor": 11}, {"fee": 1001}, {"vat_percent": -1}, {"bands": [{"start": "10:00"}]}):
        with pytest.raises(InvalidData):
            await wizard.flows.async_configure(wizard.flow_id, tariff(**wrong))
    assert (await wizard.give(**NO_TARIFF))["step_id"] == "preview"


def test_a_number_that_slips_through_has_its_text_too() -> None:
    assert error_of(TariffError("import_rate.factor", "too large")) == ("bad_tariff", {})
    assert error_of(TariffError("import_rate.bands", "no list"))[1] == {"number": "1"}


async def test_templates_know_the_time_of_their_slot(wizard: Wizard, market: StandIn) -> None:
    """Not that of the moment in which the form is sent."""
    await at_tariff(wizard, market)
    template = "{{ now().hour + (1 if start >= today_at('12:00') else 0) + (utcnow() - now()).seconds }}"
    preview = await wizard.give(**tariff(template=template))
    said = preview["description_placeholders"]["import"]
    assert "cheapest from 00:00 to 03:00 at 1.000 EUR/kWh" in said
    assert "lowest 0.000" in said
    assert "highest 24.000" in said


async def test_fees_are_in_the_currency_of_the_prices(wizard: Wizard, market: StandIn) -> None:
    market.behaviour.mode = "currency"
    await wizard.start()
    form = await wizard.connect(market.url, area="PL")
    rate = form["data_schema"].schema["import_rate"].schema.schema
    assert rate["fee"].config["unit_of_measurement"] == "PLN/kWh"


# Changing


async def test_a_token_left_empty_stays(changer: Wizard, market: StandIn) -> None:
    form = await changer.change("connection")
    assert shown(form) == {"area": "DE_LU", "more": {"url": market.url, "timeout": 30}}
    done = await changer.connect(market.url, token=None, seconds=100)
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert (data_of(changer)["token"], data_of(changer)["timeout"]) == (CANARY, 100)
    assert data_of(changer)["tariff"] == {"import_rate": {"fee": 0.2}}, "the rest stays"


async def test_a_new_token(changer: Wizard, market: StandIn) -> None:
    market.behaviour.token = "another"
    await changer.change("connection")
    form = await changer.connect(market.url, "wrong")
    assert form["errors"] == {"token": "unauthorized"}
    assert data_of(changer)["token"] == CANARY
    done = await changer.connect(market.url, "another")
    assert done["reason"] == "reconfigure_successful"
    assert data_of(changer)["token"] == "another"


async def test_another_tariff(changer: Wizard) -> None:
    """With a preview of what is known, without asking anybody."""
    form = await changer.change("tariff")
    assert shown(form)["import_rate"]["fee"] == 0.2
    preview = await changer.give(**tariff(fee=5.0))
    assert "cheapest from" in preview["description_placeholders"]["import"]
    assert (await changer.choose("save"))["reason"] == "reconfigure_successful"
    assert data_of(changer)["tariff"]["import_rate"]["fee"] == 5.0
    assert data_of(changer)["token"] == CANARY
    await changer.hass.async_block_till_done(wait_background_tasks=True)
    state = changer.hass.states.get("sensor.electricity_import_price")
    assert state is not None
    assert float(state.state) > 4.5


async def test_a_tariff_changed_while_the_house_does_not_run(changer: Wizard) -> None:
    await changer.hass.config_entries.async_unload(changer.entry.entry_id)
    assert changer.entry.state is ConfigEntryState.NOT_LOADED
    await changer.change("tariff")
    preview = await changer.give(**NO_TARIFF)
    assert preview["description_placeholders"]["export"] == "the prices of this day are not known yet"


async def test_other_sources(changer: Wizard) -> None:
    changer.hass.services.async_register("other", "prices", lambda _: {}, supports_response=SupportsResponse.ONLY)
    assert shown(await changer.change("sources")) == {"sources": []}
    wanted: dict[str, Any] = {"sources": ["nord_pool", "energy_charts"], "entity": "sensor.other"}
    action = {"action": " other.prices ", "action_data": {"date": "{{ day }}"}, "action_key": "GER"}
    form = await changer.give(**wanted, **action | {"action": "other.nothing"})
    assert form["errors"] == {"action": "unknown_action"}
    assert shown(form) == {**wanted, **action, "action": "other.nothing"}
    form = await changer.give(**wanted, **action | {"action": "other"})
    assert form["errors"] == {"action": "unknown_action"}
    form = await changer.give(**wanted, **action | {"action_data": ["2026-11-20"]})
    assert form["errors"] == {"action_data": "no_mapping"}
    assert (await changer.give(**wanted, **action))["reason"] == "reconfigure_successful"
    settings = PriceSettings.of(data_of(changer))
    assert settings.sources == ("nord_pool", "energy_charts")
    assert (settings.entity, settings.action, settings.action_key) == ("sensor.other", "other.prices", "GER")
    assert settings.action_data == {"date": "{{ day }}"}
    await changer.hass.async_block_till_done(wait_background_tasks=True)
    await changer.change("sources")
    assert (await changer.give(sources=[]))["reason"] == "reconfigure_successful"
    settings = PriceSettings.of(data_of(changer))
    assert (settings.sources, settings.entity, settings.action, settings.action_data) == ((), "", "", {})


async def test_notifications(changer: Wizard) -> None:
    assert shown(await changer.change("notifications")) == {"slow": 90}
    assert (await changer.give(notify=["notify.phone"], slow=45))["reason"] == "reconfigure_successful"
    settings = PriceSettings.of(data_of(changer))
    assert (settings.notify, settings.slow) == (("notify.phone",), 45)

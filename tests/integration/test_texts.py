"""Every error that the core can raise has its sentence, and every issue its text."""

from collections.abc import Iterator
from dataclasses import fields
import inspect
import re
from typing import Any

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest

from custom_components.nattery.config_flow import AnotherInverterError
from custom_components.nattery.core.errors import NatteryError
from custom_components.nattery.core.inverter import errors as inverter_errors
from custom_components.nattery.core.inverter.actions import ClockOffError
from custom_components.nattery.core.inverter.codec import InvalidValueError, encode
from custom_components.nattery.core.inverter.registers import BY_KEY, REGISTERS
from custom_components.nattery.core.inverter.table import RegisterGroup
from custom_components.nattery.core.inverter.write_counter import WriteLimitError
from custom_components.nattery.core.market import book, errors as market_errors, public_sources, quality, source_days
from custom_components.nattery.core.market.book import BookError, Freshness
from custom_components.nattery.core.market.events import PriceEventKind
from custom_components.nattery.core.market.health import SourceStatus
from custom_components.nattery.core.market.tariff import DAYS, Band, PriceKind, TariffError
from custom_components.nattery.core.modbus import errors as modbus_errors
from custom_components.nattery.errors import CORE_ERRORS, action_error, describe
from custom_components.nattery.issues import FIXABLE, SEVERITIES
from custom_components.nattery.prices.tariff_form import form_error_of

from .texts import TEXTS, placeholders_of

CURRENT = BY_KEY["max_charge_current"]
MOST_LETTERS = 22
NONSENSE: tuple[object, ...] = (
    "lots",
    float("nan"),
    float("inf"),
    None,
    -40000,
    1e9,
    0.00001,
    150,
    2.5,
    "25:61",
    "soon",
    [],
    0,
)


def subclasses[ErrorT: Exception](kind: type[ErrorT]) -> Iterator[type[ErrorT]]:
    yield kind
    for child in kind.__subclasses__():
        yield from subclasses(child)


def invalid_values() -> Iterator[InvalidValueError]:
    """Each register is offered nonsense of every sort."""
    for register in REGISTERS:
        for value in NONSENSE:
            try:
                encode(register, value)
            except InvalidValueError as error:
                yield error


def one_of_each() -> Iterator[NatteryError]:
    for kind in subclasses(modbus_errors.ModbusError):
        if issubclass(kind, modbus_errors.ExceptionResponseError):
            yield kind(9, "a question")
        elif kind is modbus_errors.NotConnectedError:
            yield from (modbus_errors.NotConnectedError("a port", reason, "why") for reason in modbus_errors._REASONS)
        elif kind is modbus_errors.BadFrameError:
            yield modbus_errors.BadFrameError("crc", "text")
        elif kind is modbus_errors.InvalidRequestError:
            yield from (modbus_errors.InvalidRequestError(part, 9, 1, 5) for part in modbus_errors._PARTS)
        else:
            yield kind("text")
    special = {
        inverter_errors.MismatchError: (CURRENT, 60.0, 80.0),
        inverter_errors.NotConfirmedError: (CURRENT,),
        inverter_errors.NotOfferedError: ("Nothing", "is nothing"),
        inverter_errors.NotAdjacentError: (),
        inverter_errors.NoValueError: ("SOC",),
    }
    for sort in subclasses(inverter_errors.InverterError):
        if sort.__module__ == inverter_errors.__name__:
            yield sort(*special.get(sort, ("text",)))
    yield WriteLimitError("max_charge_current", 100)
    yield ClockOffError("text")
    yield BookError("text")
    yield from one_of_each_market_error()
    yield from invalid_values()


def test_every_reason_for_bad_quality_has_its_text() -> None:
    modules = (quality, book, source_days)
    used = {name for module in modules for name in re.findall(r'quality_reason\(\s*"(\w+)"', inspect.getsource(module))}
    assert {key for key in TEXTS["common"] if key.startswith("price_reason_")} == {
        f"price_reason_{name}" for name in used
    }


def one_of_each_market_error() -> Iterator[market_errors.MarketError]:
    made: dict[type[market_errors.MarketError], tuple[Any, ...]] = {
        market_errors.OtherAuctionError: (["sequence 2"],),
        market_errors.QueryRejectedError: ("It has a reason.",),
        market_errors.ServerError: (503, 60.0),
        market_errors.FetchTimeoutError: (120.0,),
        market_errors.LibraryError: ("ImportError",),
        public_sources.SourceError: ("nord_pool", 503),
        public_sources.SourceLimitedError: ("nord_pool", 429),
    }
    for kind in subclasses(market_errors.MarketError):
        if kind is market_errors.PlatformUnreachableError:
            yield from (kind("entsoe.example", reason) for reason in market_errors._UNREACHABLE)
        else:
            yield kind(*made.get(kind, ()))


ERRORS = list(one_of_each())
KEYS = {describe(error)[0] for error in ERRORS}


def test_the_list_is_complete() -> None:
    """Every type that the integration catches occurs, and every reason for refusing a value."""
    assert {
        kind
        for root in (*CORE_ERRORS, BookError, market_errors.MarketError)
        for kind in subclasses(root)
        if "core" in kind.__module__
    } <= {type(error) for error in ERRORS}
    reasons = {
        "not_a_number",
        "out_of_range",
        "not_a_choice",
        "not_a_step",
        "not_a_time",
        "not_a_stamp",
        "not_writable",
        "other_unit",
    }
    assert {key.removeprefix("value_") for key in KEYS if key.startswith("value_")} == reasons


@pytest.mark.parametrize("key", sorted(KEYS))
def test_every_error_has_a_sentence_that_can_be_filled_in(key: str) -> None:
    text = TEXTS["exceptions"][key]["message"]
    for error in ERRORS:
        found, placeholders = describe(error)
        if found == key:
            filled = text.format(**placeholders)
            assert filled.endswith((".", "?")), filled
            assert "  " not in filled, filled
            assert " ." not in filled, filled
            assert not key.startswith("price_") or all(placeholders[name] for name in placeholders_of(text)), filled


def test_every_type_of_error_has_a_text() -> None:
    """Also those that no user is meant to see."""
    for kind in subclasses(NatteryError):
        if kind.translation_key is NatteryError.translation_key and kind is not AnotherInverterError:
            assert kind.key_prefix + kind.kind in TEXTS["exceptions"], kind


def test_every_choice_is_named() -> None:
    for error in ERRORS:
        key, placeholders = describe(error)
        if key == "value_not_a_choice":
            assert placeholders["choices"]
        if key in {"value_out_of_range", "value_not_a_step"}:
            assert placeholders["low"]
            assert placeholders["high"]


def test_what_a_user_got_wrong_is_told_apart_from_what_failed() -> None:
    wrong = {
        key for error in ERRORS for key in [describe(error)[0]] if type(action_error(error)) is ServiceValidationError
    }
    assert {key for key in wrong if not key.startswith("value_")} == {
        "not_adjacent",
        "not_confirmed",
        "not_offered",
        *(f"refused_{part}" for part in modbus_errors._PARTS),
    }
    assert all(isinstance(action_error(error), HomeAssistantError) for error in ERRORS)


def test_every_issue_has_its_text() -> None:
    assert TEXTS["issues"].keys() == SEVERITIES.keys()
    for name, issue in TEXTS["issues"].items():
        assert ("fix_flow" in issue) == (name in FIXABLE)
        assert placeholders_of(issue["title"]) == {"entry"}


def test_every_kind_of_market_error_has_a_key_of_its_own() -> None:
    """But for the two that another source shares with ENTSO-E."""
    kinds = list(subclasses(market_errors.MarketError))
    assert len({kind.kind for kind in kinds}) == len(kinds) - 2
    texts = {key for key in TEXTS["exceptions"] if key.startswith("price_")}
    assert texts == {error.translation_key for error in one_of_each_market_error()} | {"price_unfit"}


def test_choices_about_prices_are_named() -> None:
    options = {
        name: selector["options"].keys() for name, selector in TEXTS["selector"].items() if "options" in selector
    }
    assert options["price_sources"] == {source.name for source in public_sources.PUBLIC_SOURCES}
    assert options["tariff_days"] == set(DAYS)
    assert options["price_kind"] == {kind.value for kind in PriceKind}
    assert options["window_goal"] == {"cheapest", "dearest"}
    assert TEXTS["selector"]["bands"]["fields"].keys() == {field.name for field in fields(Band)}
    entities = TEXTS["entity"]
    assert entities["sensor"]["price_freshness"]["state"].keys() == {freshness.value for freshness in Freshness}
    assert entities["sensor"]["price_status"]["state"].keys() == {status.value for status in SourceStatus}
    named = entities["event"]["price_news"]["state_attributes"]["event_type"]["state"]
    assert named.keys() == {kind.value for kind in PriceEventKind}


def test_every_error_of_the_prices_flow_has_its_text() -> None:
    """And none is left over."""
    errors = {"missing", "bad_url", "unauthorized", "no_data", "unknown_action", "no_mapping"}
    for place in ("import_rate", "export_rate"):
        for field in ("bands[0].fee", "template", "factor"):
            errors.add(form_error_of(TariffError(f"{place}.{field}", "wrong"))[0])
    errors.add(form_error_of(TariffError("holidays", "wrong"))[0])
    assert TEXTS["config_subentries"]["prices"]["error"].keys() == errors
    assert TEXTS["config"]["error"].keys() >= {"unauthorized"}
    assert {"no_prices", "reauth_successful"} <= TEXTS["config"]["abort"].keys()
    assert TEXTS["config"]["step"]["reauth_confirm"]["data"].keys() == {"token"}


def test_groups_are_named() -> None:
    assert TEXTS["selector"]["groups"]["options"].keys() == {option.value for option in RegisterGroup}


SELF_EXPLAINING = {"hourly", "sync_clock"}  # switches


def described_fields(node: Any) -> Iterator[tuple[str, str]]:
    """Yield every field of the forms below a node with its description."""
    for key, value in node.items():
        if key == "data":
            descriptions = node.get("data_description", {})
            yield from ((field, descriptions.get(field, "")) for field in value)
        elif isinstance(value, dict) and key not in {"data_description", "menu_options", "menu_option_descriptions"}:
            yield from described_fields(value)


def test_every_field_of_every_form_has_a_sentence_and_an_example() -> None:
    forms = {name: TEXTS[name] for name in ("config", "options", "config_subentries")}
    described = list(described_fields(forms))
    assert len(described) > 60
    for field, description in described:
        assert description.endswith("."), field
        assert "for example" in description or field in SELF_EXPLAINING, f"{field}: {description}"


def test_what_is_left_empty_stays_is_said_only_where_something_is_there() -> None:
    steps = {
        f"{flow}.{step}": str(texts)
        for flow, kind in TEXTS["config_subentries"].items()
        for step, texts in kind["step"].items()
    }
    kept = {name for name, text in steps.items() if re.search(r"empty to keep", text)}
    assert kept == {"prices.change_connection", "trading.reconfigure"}


@pytest.mark.parametrize("platform", ["number", "time"])
def test_names_fit_beside_their_fields(platform: str) -> None:
    """The page of a device gives 180 px to the name of an entity with a field, which longer names exceed."""
    names = [entity["name"] for entity in TEXTS["entity"][platform].values()]
    assert [name for name in names if len(name) > MOST_LETTERS] == []

"""The planning problem as a JSON document (see docs/planner.md). Each error is one sentence that names the key."""

from collections.abc import Callable
from dataclasses import MISSING, fields
from datetime import datetime, timedelta
import json
from typing import Any

from ..action import FORCED, ActionKind
from .problem import (
    ALLOWED_YEARS,
    MAX_SHOWN_LENGTH,
    MAX_SLOTS,
    BatteryModel,
    GridConnection,
    Outcome,
    PastAction,
    Problem,
    ProblemError,
    Target,
    check_series,
    checked_number,
    format_value,
)

_SERIES = frozenset({"import_price", "export_price", "pv_kw", "load_kw"})
QUANTILE_KEYS = "pv_p10_kw", "pv_p90_kw", "load_p90_kw"
OUTCOME_KEYS = "outcomes", *QUANTILE_KEYS
QUANTILE_WEIGHTS = 0.25, 0.5, 0.25  # of little sun with a high load, the expected values, and much sun
_KINDS = ", ".join(ActionKind)


def read_problem(text: str | bytes) -> Problem:
    """Return the problem of a JSON text. Raises ProblemError."""
    return problem_from(parse_json("The problem", text))


def parse_json(what: str, text: str | bytes) -> Any:  # noqa: ANN401  (any JSON value)
    """Return the value of a JSON text whose objects have unique keys.

    Raises ProblemError, which calls the text `what`.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique_keys)
    except ProblemError:
        raise
    except (ValueError, RecursionError) as error:
        place = f": {error.msg} in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ProblemError(what, f"is not JSON{place}") from None


def problem_from(document: Any) -> Problem:  # noqa: ANN401  (any JSON value)
    """Return the problem of a decoded document. Raises ProblemError."""
    given = dict(_require_object("The problem", document))
    reserve, departures = given.pop("reserve", None), given.pop("departures", None)
    known = {field.name: field.default is MISSING for field in fields(Problem)}
    for name in ("targets", "outcomes", "terminal_curve"):
        del known[name]
    uncertain = {key: given.pop(key) for key in OUTCOME_KEYS if given.get(key) is not None}
    given = {key: value for key, value in given.items() if key not in OUTCOME_KEYS}
    _check_keys("The problem", given, known, also=("reserve", "departures", *OUTCOME_KEYS))
    for key, value in given.items():
        given[key] = _READERS[key](key, value) if key in _READERS else _read_value(key, value)
    targets = []
    if reserve is not None:
        targets.append(_read_target("reserve", reserve, timed=False))
    if departures is not None:
        targets += [
            _read_target(f"departures[{n}]", item, timed=True)
            for n, item in enumerate(_require_list("departures", departures))
        ]
    previous = _read_previous(given.pop("previous", None), given)
    outcomes = _read_outcomes(uncertain, given)
    return Problem(**given, targets=tuple(targets), previous=previous, outcomes=outcomes)


def battery_from(document: Any) -> BatteryModel:  # noqa: ANN401
    """Return the battery of a problem document. Raises ProblemError."""
    return BatteryModel(**_read_fields("battery", document, BatteryModel))


def grid_from(document: Any) -> GridConnection:  # noqa: ANN401
    """Return the grid connection of a problem document. Raises ProblemError."""
    return GridConnection(**_read_fields("grid", document, GridConnection))


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object as a dict. Raises ProblemError for a duplicate key."""
    document = dict(pairs)
    if len(document) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ProblemError(
            _printable_key(next(key for key in keys if keys.count(key) > 1)), "is there twice: once is allowed"
        )
    return document


def _printable_key(key: str) -> str:
    """Return a given key in a form that is safe to print."""
    return key if key.isidentifier() and len(key) <= MAX_SHOWN_LENGTH else format_value(key)


def _require_object(key: str, value: Any) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(value, dict):
        raise ProblemError(key, "is not a JSON object: it needs keys and values in braces")
    return value


def _require_list(key: str, value: Any) -> list[Any]:  # noqa: ANN401
    if not isinstance(value, list):
        raise ProblemError(key, "is not a list")
    return value


def _check_keys(key: str, given: dict[str, Any], known: dict[str, bool], also: tuple[str, ...] = ()) -> None:
    """Raise ProblemError for unknown or missing keys; `known` maps each key to whether it is required."""
    prefix = f"{key}." if key[0].islower() else ""
    for name in given:
        if name not in known:
            raise ProblemError(
                f"{prefix}{_printable_key(name)}", f"is not known: the keys are {', '.join((*known, *also))}"
            )
    for name, needed in known.items():
        if needed and name not in given:
            raise ProblemError(f"{prefix}{name}", "is missing")


def _read_fields(key: str, value: Any, kind: type[BatteryModel | GridConnection]) -> dict[str, Any]:  # noqa: ANN401
    given = _require_object(key, value)
    _check_keys(key, given, {field.name: field.default is MISSING for field in fields(kind)})
    return given


def _read_value(key: str, value: Any) -> Any:  # noqa: ANN401  (the problem checks its numbers itself)
    if key not in _SERIES:
        return value
    if not isinstance(value, list):
        raise ProblemError(key, "is not a list: one number for each slot is needed")
    return tuple(value)


def _read_time(key: str, value: Any) -> datetime:  # noqa: ANN401
    try:
        moment = datetime.fromisoformat(value)
    except TypeError, ValueError:
        needed = "a time such as 2026-01-10T00:00:00+00:00 is needed"
        raise ProblemError(key, f"cannot be {format_value(value)}: {needed}") from None
    if moment.tzinfo is None:
        raise ProblemError(key, "has no time zone: an offset such as +00:00 or Z is needed")
    if moment.year not in ALLOWED_YEARS:
        raise ProblemError(
            key, f"cannot be in {moment.year}: allowed is {ALLOWED_YEARS.start} to {ALLOWED_YEARS.stop - 1}"
        )
    return moment


def _read_currency(key: str, value: Any) -> str:  # noqa: ANN401
    if not isinstance(value, str) or not 1 <= len(value) <= 8 or not value.isprintable():  # noqa: PLR2004  (EUR, ct)
        raise ProblemError(key, f"cannot be {format_value(value)}: a currency such as EUR is needed")
    return value


def _read_flag(key: str, value: Any) -> bool:  # noqa: ANN401
    if not isinstance(value, bool):
        raise ProblemError(key, f"cannot be {format_value(value)}: allowed is true or false")
    return value


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "start": _read_time,
    "battery": lambda _, value: battery_from(value),
    "grid": lambda _, value: grid_from(value),
    "currency": _read_currency,
    "pv_curtailable": _read_flag,
    "previous": lambda _, value: value,
}


def _read_target(key: str, value: Any, *, timed: bool) -> Target:  # noqa: ANN401
    given = _require_object(key, value)
    _check_keys(key, given, dict.fromkeys(("soc", "price", "at") if timed else ("soc", "price"), True))
    at = _read_time(f"{key}.at", given["at"]) if timed else None
    return Target(
        checked_number(f"{key}.soc", given["soc"], high=1), checked_number(f"{key}.price", given["price"]), at
    )


def _read_outcomes(uncertain: dict[str, Any], given: dict[str, Any]) -> tuple[Outcome, ...]:
    """Return the outcomes of a document, given as such or by quantiles."""
    if not uncertain:
        return ()
    if "outcomes" in uncertain:
        if len(uncertain) > 1:
            raise ProblemError("outcomes", f"cannot stand beside {', '.join(QUANTILE_KEYS)}: allowed is one of both")
        return tuple(
            Outcome(**_read_outcome(f"outcomes[{number}]", item))
            for number, item in enumerate(_require_list("outcomes", uncertain["outcomes"]))
        )
    low, high, high_load = (_read_quantile(key, uncertain, given) for key in QUANTILE_KEYS)
    pv = [low or given["pv_kw"], given["pv_kw"], high or given["pv_kw"]]
    load = [high_load or given["load_kw"], given["load_kw"], given["load_kw"]]
    return tuple(map(Outcome, QUANTILE_WEIGHTS, pv, load, strict=True))


def _read_outcome(key: str, value: Any) -> dict[str, Any]:  # noqa: ANN401
    given = _require_object(key, value)
    _check_keys(key, given, dict.fromkeys(("weight", "pv_kw", "load_kw"), True))
    return given | {name: tuple(_require_list(f"{key}.{name}", given[name])) for name in ("pv_kw", "load_kw")}


def _read_quantile(key: str, uncertain: dict[str, Any], given: dict[str, Any]) -> tuple[float, ...] | None:
    """Return a series of quantiles, or None without one."""
    if key not in uncertain:
        return None
    series = tuple(_require_list(key, uncertain[key]))
    check_series(key, series, len(given["import_price"]), 0.0)
    return series


def _read_previous(value: Any, given: dict[str, Any]) -> tuple[PastAction, ...]:  # noqa: ANN401
    """Return the actions of the previous plan, given as its printed slots or as one action name per slot."""
    if value is None:
        return ()
    start: datetime = given["start"]
    minutes = checked_number("slot_minutes", given.get("slot_minutes", 15.0), 1, 1440)
    first = checked_number("first_slot_minutes", given.get("first_slot_minutes") or minutes, 0.1, minutes)
    items, past = _require_list("previous", value), []
    if len(items) > MAX_SLOTS:
        raise ProblemError("previous", f"has {len(items)} slots: at most {MAX_SLOTS} are allowed")
    for index, item in enumerate(items):
        key = f"previous[{index}]"
        if isinstance(item, str):
            begin = start + timedelta(minutes=first + (index - 1) * minutes) if index else start
            past.append(PastAction(begin, _read_kind(key, item)))
            continue
        slot = _require_object(key, item)
        for name in ("start", "action"):
            if name not in slot:
                raise ProblemError(f"{key}.{name}", "is missing")
        kind = _read_kind(f"{key}.action", slot["action"])
        powers = [checked_number(f"{key}.{name}", slot.get(name, 0.0)) for name in ("charge_kw", "discharge_kw")]
        past.append(PastAction(_read_time(f"{key}.start", slot["start"]), kind, sum(powers) if kind in FORCED else 0.0))
    return tuple(past)


def _read_kind(key: str, value: Any) -> ActionKind:  # noqa: ANN401
    if not isinstance(value, str) or value not in set(ActionKind):
        raise ProblemError(key, f"cannot be {format_value(value)}: allowed is one of {_KINDS}")
    return ActionKind(value)

"""A planning problem as a JSON document (docs/planner.md); what is wrong with one is said in one sentence."""

from collections.abc import Callable
from dataclasses import MISSING, fields
from datetime import datetime, timedelta
import json
from typing import Any

from ..action import FORCED, ActionKind
from .problem import (
    MOST_SLOTS,
    SHOWN,
    YEARS,
    BatteryModel,
    GridConnection,
    PastAction,
    Problem,
    ProblemError,
    Target,
    number,
    shown,
)

_SERIES = frozenset({"import_price", "export_price", "pv_kw", "load_kw", "pv_p10_kw", "pv_p90_kw", "load_p90_kw"})
_KINDS = ", ".join(ActionKind)


def read_problem(text: str | bytes) -> Problem:
    """The problem in a JSON text. Raises ProblemError."""
    return problem_from(decoded("The problem", text))


def decoded(what: str, text: str | bytes) -> Any:  # noqa: ANN401  (anything may come)
    """What a JSON text holds, every key once. Raises ProblemError, in which `what` is its name."""
    try:
        return json.loads(text, object_pairs_hook=_once)
    except ProblemError:
        raise
    except (ValueError, RecursionError) as error:
        place = f": {error.msg} in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ProblemError(what, f"is not JSON{place}") from None


def problem_from(document: Any) -> Problem:  # noqa: ANN401  (anything may come)
    """The problem in a decoded document. Raises ProblemError."""
    given = dict(_object("The problem", document))
    reserve, departures = given.pop("reserve", None), given.pop("departures", None)
    known = {field.name: field.default is MISSING for field in fields(Problem)}
    del known["targets"]
    _check_keys("The problem", given, known, also=("reserve", "departures"))
    for key, value in given.items():
        given[key] = _READERS[key](key, value) if key in _READERS else _plain(key, value)
    targets = []
    if reserve is not None:
        targets.append(_target("reserve", reserve, timed=False))
    if departures is not None:
        targets += [
            _target(f"departures[{n}]", item, timed=True) for n, item in enumerate(_list("departures", departures))
        ]
    previous = _previous(given.pop("previous", None), given)
    return Problem(**given, targets=tuple(targets), previous=previous)


def battery_from(document: Any) -> BatteryModel:  # noqa: ANN401
    """The battery of a problem document, on its own. Raises ProblemError."""
    return BatteryModel(**_fields("battery", document, BatteryModel))


def grid_from(document: Any) -> GridConnection:  # noqa: ANN401
    """The grid of a problem document, on its own. Raises ProblemError."""
    return GridConnection(**_fields("grid", document, GridConnection))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object in which every key stands once."""
    document = dict(pairs)
    if len(document) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ProblemError(_name(next(key for key in keys if keys.count(key) > 1)), "is there twice: once is allowed")
    return document


def _name(key: str) -> str:
    """A key that was given, as a sentence can name it."""
    return key if key.isidentifier() and len(key) <= SHOWN else shown(key)


def _object(key: str, value: Any) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(value, dict):
        raise ProblemError(key, "is not a JSON object: it needs keys and values in braces")
    return value


def _list(key: str, value: Any) -> list[Any]:  # noqa: ANN401
    if not isinstance(value, list):
        raise ProblemError(key, "is not a list")
    return value


def _check_keys(key: str, given: dict[str, Any], known: dict[str, bool], also: tuple[str, ...] = ()) -> None:
    """`known` tells for each key whether it must be there."""
    prefix = f"{key}." if key[0].islower() else ""
    for name in given:
        if name not in known:
            raise ProblemError(f"{prefix}{_name(name)}", f"is not known: the keys are {', '.join((*known, *also))}")
    for name, needed in known.items():
        if needed and name not in given:
            raise ProblemError(f"{prefix}{name}", "is missing")


def _fields(key: str, value: Any, kind: type[BatteryModel | GridConnection]) -> dict[str, Any]:  # noqa: ANN401
    given = _object(key, value)
    _check_keys(key, given, {field.name: field.default is MISSING for field in fields(kind)})
    return given


def _plain(key: str, value: Any) -> Any:  # noqa: ANN401  (the problem checks its numbers itself)
    if key not in _SERIES:
        return value
    if not isinstance(value, list):
        raise ProblemError(key, "is not a list: one number for each slot is needed")
    return tuple(value)


def _time(key: str, value: Any) -> datetime:  # noqa: ANN401
    try:
        moment = datetime.fromisoformat(value)
    except TypeError, ValueError:
        needed = "a time such as 2026-01-10T00:00:00+00:00 is needed"
        raise ProblemError(key, f"cannot be {shown(value)}: {needed}") from None
    if moment.tzinfo is None:
        raise ProblemError(key, "has no time zone: an offset such as +00:00 or Z is needed")
    if moment.year not in YEARS:
        raise ProblemError(key, f"cannot be in {moment.year}: allowed is {YEARS.start} to {YEARS.stop - 1}")
    return moment


def _currency(key: str, value: Any) -> str:  # noqa: ANN401
    if not isinstance(value, str) or not 1 <= len(value) <= 8 or not value.isprintable():  # noqa: PLR2004  (EUR, ct)
        raise ProblemError(key, f"cannot be {shown(value)}: a currency such as EUR is needed")
    return value


def _flag(key: str, value: Any) -> bool:  # noqa: ANN401
    if not isinstance(value, bool):
        raise ProblemError(key, f"cannot be {shown(value)}: allowed is true or false")
    return value


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "start": _time,
    "battery": lambda _, value: battery_from(value),
    "grid": lambda _, value: grid_from(value),
    "currency": _currency,
    "pv_curtailable": _flag,
    "previous": lambda _, value: value,
}


def _target(key: str, value: Any, *, timed: bool) -> Target:  # noqa: ANN401
    given = _object(key, value)
    _check_keys(key, given, dict.fromkeys(("soc", "price", "at") if timed else ("soc", "price"), True))
    at = _time(f"{key}.at", given["at"]) if timed else None
    return Target(number(f"{key}.soc", given["soc"], high=1), number(f"{key}.price", given["price"]), at)


def _previous(value: Any, given: dict[str, Any]) -> tuple[PastAction, ...]:  # noqa: ANN401
    """The last plan's actions: its slots as they were printed, or just the names of the actions, slot by slot."""
    if value is None:
        return ()
    start: datetime = given["start"]
    minutes = number("slot_minutes", given.get("slot_minutes", 15.0), 1, 1440)
    first = number("first_slot_minutes", given.get("first_slot_minutes") or minutes, 0.1, minutes)
    items, past = _list("previous", value), []
    if len(items) > MOST_SLOTS:
        raise ProblemError("previous", f"has {len(items)} slots: at most {MOST_SLOTS} are allowed")
    for index, item in enumerate(items):
        key = f"previous[{index}]"
        if isinstance(item, str):
            begin = start + timedelta(minutes=first + (index - 1) * minutes) if index else start
            past.append(PastAction(begin, _kind(key, item)))
            continue
        slot = _object(key, item)
        for name in ("start", "action"):
            if name not in slot:
                raise ProblemError(f"{key}.{name}", "is missing")
        kind = _kind(f"{key}.action", slot["action"])
        powers = [number(f"{key}.{name}", slot.get(name, 0.0)) for name in ("charge_kw", "discharge_kw")]
        past.append(PastAction(_time(f"{key}.start", slot["start"]), kind, sum(powers) if kind in FORCED else 0.0))
    return tuple(past)


def _kind(key: str, value: Any) -> ActionKind:  # noqa: ANN401
    if not isinstance(value, str) or value not in set(ActionKind):
        raise ProblemError(key, f"cannot be {shown(value)}: allowed is one of {_KINDS}")
    return ActionKind(value)

"""Helpers of the actions: translated validation errors, and the meaning of times."""

from datetime import UTC, datetime, timedelta
from typing import Final

from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import probatio as vol

from .const import DOMAIN

_YEARS: Final = range(1971, 2200)
_LONGEST: Final = timedelta(days=366)


def refuse(key: str, **placeholders: str) -> ServiceValidationError:
    """Return the translated error of an action call that is not valid."""
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)


def moment(value: object) -> datetime:
    """Validate a time in a schema and return it in UTC; without an offset it is Home Assistant's local time.

    A local time that occurs twice is the first of the two. Raises ServiceValidationError.
    """
    return _as_utc(_time(value))


def exact_moment(value: object) -> datetime:
    """Validate a time like `moment`, and raise ServiceValidationError for one that occurs twice or never."""
    local = _time(value)
    first, second = _as_utc(local), _as_utc(local, fold=1)
    if first != second:
        raise refuse("time_twice" if first < second else "time_never", time=f"{local:%Y-%m-%d %H:%M}")
    return first


def period(value: object) -> timedelta:
    """Validate a duration of up to a year in a schema; raises ServiceValidationError."""
    try:
        duration: timedelta = cv.positive_time_period(value)
    except OverflowError, vol.Invalid:
        duration = timedelta.max
    if duration > _LONGEST:
        raise refuse("bad_period", value=str(value), days=str(_LONGEST.days))
    return duration


def _time(value: object) -> datetime:
    try:
        time: datetime | None = cv.datetime(value)
    except vol.Invalid:
        time = None
    if time is None or time.year not in _YEARS:
        raise refuse("bad_time", value=str(value), first=str(_YEARS.start), last=str(_YEARS.stop - 1))
    return time


def _as_utc(time: datetime, fold: int = 0) -> datetime:
    aware = time if time.tzinfo else time.replace(tzinfo=dt_util.get_default_time_zone(), fold=fold)
    return aware.astimezone(UTC)

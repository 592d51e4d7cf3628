"""What the actions have in common: how they refuse, and what they take times to mean."""

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
    """The error that says what is wrong with a call."""
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)


def moment(value: object) -> datetime:
    """For schemas: the time (UTC) that a call names, on the clock of Home Assistant where it has no offset.

    Of a time that this clock shows twice it is the first. Raises Invalid for what is no time.
    """
    return _utc_of(_time(value))


def exact_moment(value: object) -> datetime:
    """The same for when something is done; raises ServiceValidationError for a time that comes twice or never."""
    said = _time(value)
    once, again = _utc_of(said), _utc_of(said, fold=1)
    if once != again:
        raise refuse("time_twice" if once < again else "time_never", time=f"{said:%Y-%m-%d %H:%M}")
    return once


def period(value: object) -> timedelta:
    """For schemas: how long something lasts, up to a year; raises Invalid."""
    try:
        said: timedelta = cv.positive_time_period(value)
    except OverflowError:
        said = timedelta.max
    if said > _LONGEST:
        raise vol.Invalid(f"{value} is not allowed: up to {_LONGEST.days} days are")
    return said


def _time(value: object) -> datetime:
    said: datetime = cv.datetime(value)
    if said.year not in _YEARS:
        raise vol.Invalid(f"{value} is not allowed: a time from {_YEARS.start} to {_YEARS.stop - 1} is")
    return said


def _utc_of(said: datetime, fold: int = 0) -> datetime:
    aware = said if said.tzinfo else said.replace(tzinfo=dt_util.get_default_time_zone(), fold=fold)
    return aware.astimezone(UTC)

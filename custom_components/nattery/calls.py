"""What the actions have in common: how they refuse, and what they take a time to mean."""

from datetime import UTC, datetime
from typing import Final

from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import probatio as vol

from .const import DOMAIN

_YEARS: Final = range(1971, 2200)


def refuse(key: str, **placeholders: str) -> ServiceValidationError:
    """The error that says what is wrong with a call."""
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)


def utc_of(moment: datetime) -> datetime:
    """What a call says, on the clock of Home Assistant where it names none."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt_util.get_default_time_zone())
    return aware.astimezone(UTC)


def booked_moment(value: object) -> datetime:
    """A time (UTC) of which there may be a ledger, for schemas."""
    moment: datetime = cv.datetime(value)
    if moment.year not in _YEARS:
        raise vol.Invalid(f"{value} is not allowed: a time from {_YEARS.start} to {_YEARS.stop - 1} is")
    return utc_of(moment)

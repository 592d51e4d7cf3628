"""What the actions have in common: how they refuse, and what they take a time to mean."""

from datetime import UTC, datetime

from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util

from .const import DOMAIN


def refuse(key: str, **placeholders: str) -> ServiceValidationError:
    """The error that says what is wrong with a call."""
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)


def utc_of(moment: datetime) -> datetime:
    """What a call says, on the clock of Home Assistant where it names none."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt_util.get_default_time_zone())
    return aware.astimezone(UTC)

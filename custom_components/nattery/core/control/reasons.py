"""Why the battery does what it does: a key and values for translations, and a sentence in English."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from ..explanation import Value

SENTENCES: Mapping[str, str] = {
    # what is wanted is done
    "plan": "The plan says so until {until}",
    "override": "A person wants it so until {until}",
    # something is in the way, so the house consumes its own
    "no_plan": "There is no plan for now",
    "stale_prices": "The prices are missing or too old to trade on",
    "alarm": "The inverter reports an alarm: {alarms}",
    "not_running": "The inverter is not running",
    "soc_low": "The battery is at {soc} %, and {limit} % are to stay in it",
    "soc_high": "The battery is at {soc} %, and no more than {limit} % are wanted",
    "export_off": "The inverter may not feed into the grid, so it can serve the house only",
    "clock_off": "The inverter's clock is off by {seconds} s, so nothing can be started by it",
    "clock_unknown": "The inverter's clock cannot be read, so nothing can be started by it",
    "worn": "A setting was written {writes} times today already; the inverter's memory is spared until midnight",
    "too_short": "There is no time window for the little that is left, or the clocks are about to change",
    # nothing is written
    "no_readings": "The inverter cannot be read: {detail}",
    "write_failed": "A setting could not be written, next try at {until}: {detail}",
    "changed_by_hand": "Somebody changed {settings} by hand, so the inverter is left alone until {until}",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One of SENTENCES with its values: texts, numbers, and aware times."""

    key: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def sentence(self, zone: tzinfo = UTC) -> str:
        """In English, times on the wall clock of `zone`."""
        shown = {
            name: f"{value.astimezone(zone):%H:%M}" if isinstance(value, datetime) else value
            for name, value in self.values.items()
        }
        return SENTENCES[self.key].format_map(shown)

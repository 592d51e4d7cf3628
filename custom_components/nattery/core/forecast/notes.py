"""The notes of forecasts: the keys of what a user should know about one."""

from typing import Final

NO_LOAD_HISTORY, SHORT_LOAD_HISTORY = "note_no_load_history", "note_short_load_history"
FIRST_DAYS, CORRECTED = "note_first_days", "note_corrected"
# The provider's PV forecast ends early, or there is none; PV is taken from history, or is zero without any.
PROVIDER_ENDS, PROVIDER_ENDS_ZERO = "note_provider_ends", "note_provider_ends_zero"
NO_PROVIDER, NO_PROVIDER_ZERO = "note_no_provider", "note_no_provider_zero"
# The same with the cloud cover of a weather forecast instead of the history.
PROVIDER_ENDS_CLOUDS, CLOUDS = "note_provider_ends_clouds", "note_clouds"
ADD_PROVIDER = "note_add_provider"  # the Energy dashboard names no provider
# What keeps history and providers away.
NO_RECORDER, HISTORY_UNREADABLE, SOLAR_SILENT = "note_no_recorder", "note_history_unreadable", "note_solar_silent"

FORECAST_NOTES: Final = frozenset(
    {
        NO_LOAD_HISTORY,
        SHORT_LOAD_HISTORY,
        FIRST_DAYS,
        CORRECTED,
        PROVIDER_ENDS,
        PROVIDER_ENDS_ZERO,
        NO_PROVIDER,
        NO_PROVIDER_ZERO,
        PROVIDER_ENDS_CLOUDS,
        CLOUDS,
        ADD_PROVIDER,
        NO_RECORDER,
        HISTORY_UNREADABLE,
        SOLAR_SILENT,
    }
)

"""The timing of the simulated line."""

from dataclasses import dataclass

CHARACTER_BITS = 10  # start, eight data bits, stop
SILENT_INTERVAL_CHARACTERS = 3.5


@dataclass(frozen=True, slots=True)
class LineTiming:
    """The timing of a line, in seconds.

    If `paced` is False, characters take no time and silent intervals are not checked; only the turnaround delay stays.
    `end_of_frame` is the silence that ends a request of unknown length. It is longer than 3.5 characters, because a pty
    may deliver the bytes of one request with pauses.
    """

    baud: int = 9600
    turnaround: float = 0.03
    paced: bool = True
    chunk: int = 16  # bytes of a response that are sent at once
    end_of_frame: float = 0.02

    @property
    def character(self) -> float:
        """The transmission time of one character."""
        return CHARACTER_BITS / self.baud if self.paced else 0.0

    @property
    def silent_interval(self) -> float:
        """The silence that must precede every frame: 3.5 characters."""
        return SILENT_INTERVAL_CHARACTERS * self.character

    def cycle_time(self, request_size: int, response_size: int) -> float:
        """Return the time from the start of a request to the earliest start of the next one; sizes in bytes."""
        return (request_size + response_size) * self.character + 2 * self.silent_interval + self.turnaround

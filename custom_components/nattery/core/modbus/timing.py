"""Durations on a Modbus line, and the timeouts that follow from them. All times are in seconds."""

from dataclasses import dataclass

BITS_PER_CHARACTER = 10  # 8N1
SILENT_INTERVAL_CHARACTERS = 3.5  # the silence that ends an RTU frame
FRAME_OVERHEAD = 20  # characters of a read besides its registers: request 8, response 5, two silent intervals
DEFAULT_TURNAROUND = 0.030


@dataclass(slots=True)
class Timing:
    """The timing of one line; `baud` is None for Modbus TCP, where characters take no time.

    `margin` is how long a response may take beyond its transmission time. It only grows, to at most `max_margin`.
    `min_quarantine` is the shortest time, from the end of a request, after which no response to it can arrive.
    """

    baud: int | None = 9600
    margin: float = 1.0
    max_margin: float = 5.0
    min_quarantine: float = 3.0

    @property
    def character(self) -> float:
        """The transmission time of one character."""
        return BITS_PER_CHARACTER / self.baud if self.baud else 0.0

    @property
    def silent_interval(self) -> float:
        """The silence that must precede every request: 3.5 characters."""
        return SILENT_INTERVAL_CHARACTERS * self.character

    def transmission_time(self, characters: float) -> float:
        """Return the transmission time of that many characters."""
        return characters * self.character

    def block_read(self, words: int, turnaround: float) -> float:
        """Return the time to read `words` registers, including silent intervals and the turnaround delay."""
        return self.transmission_time(FRAME_OVERHEAD + 2 * words) + turnaround

    def timeout(self, request_size: int, response_size: int) -> float:
        """Return the time from sending a request to its timeout; sizes in bytes."""
        return self.transmission_time(request_size + response_size) + self.silent_interval + self.margin

    def quarantine(self, request_size: int, response_size: int) -> float:
        """Return the time from sending a request until no response to it can arrive; sizes in bytes."""
        transmission = self.transmission_time(request_size + response_size)
        return max(self.min_quarantine + transmission, 2 * self.timeout(request_size, response_size))

    def learn(self, turnaround: float) -> None:
        """Raise the margin to twice the turnaround delay of a response, whether it came in time or late."""
        self.margin = min(max(self.margin, 2 * turnaround), max(self.max_margin, self.margin))

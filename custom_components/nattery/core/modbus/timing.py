"""How long things take on the wire, and how long to wait for them. Seconds throughout."""

from dataclasses import dataclass

BITS_PER_CHARACTER = 10  # 8N1
FRAME_GAP = 3.5  # characters of silence that end a frame
FRAME_OVERHEAD = 20  # characters of a read besides its registers: request 8, answer 5, two gaps
DEFAULT_TURNAROUND = 0.030


@dataclass(slots=True)
class Timing:
    """The clockwork of one line; `baud` None where the line paces itself (Modbus TCP).

    `margin` is what an answer may take beyond its wire time; it only grows. `quiet` is the shortest silence, counted
    from the end of a request, after which no answer to it can come any more.
    """

    baud: int | None = 9600
    margin: float = 1.0
    longest_margin: float = 5.0
    quiet: float = 3.0

    @property
    def character(self) -> float:
        """One character."""
        return BITS_PER_CHARACTER / self.baud if self.baud else 0.0

    @property
    def gap(self) -> float:
        """The silence owed before every request."""
        return FRAME_GAP * self.character

    def wire(self, characters: float) -> float:
        """The time that many characters take."""
        return characters * self.character

    def block(self, words: int, turnaround: float) -> float:
        """A whole read of that many registers, gaps and the inverter's turnaround included."""
        return self.wire(FRAME_OVERHEAD + 2 * words) + turnaround

    def timeout(self, request: int, answer: int) -> float:
        """From sending a request of that many characters until its answer must be here."""
        return self.wire(request + answer) + self.gap + self.margin

    def silence(self, request: int, answer: int) -> float:
        """From sending a request until nothing can answer it any more."""
        return max(self.quiet + self.wire(request + answer), 2 * self.timeout(request, answer))

    def learn(self, turnaround: float) -> None:
        """Take note of an answer, in time or late: the margin stays well above the slowest one seen."""
        self.margin = min(max(self.margin, 2 * turnaround), max(self.longest_margin, self.margin))

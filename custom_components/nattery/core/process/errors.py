"""What can keep the outcome of a process of our own away."""

from typing import ClassVar


class WorkerError(Exception):
    """A process did not bring what it was started for; `kind` is the name under which it is translated."""

    kind: ClassVar[str]


class WorkerTimeoutError(WorkerError):
    """It was not done in time."""

    kind = "late"

    def __init__(self, seconds: float) -> None:
        """Keep how long it was waited for."""
        self.seconds = seconds
        super().__init__(f"It was not done within {seconds:.3g} s")


class WorkerFailedError(WorkerError):
    """It ended without an outcome; `why` in a few words."""

    kind = "failed"

    def __init__(self, why: str) -> None:
        """Keep the reason."""
        self.why = why
        super().__init__(f"It failed: {why}")


class WorkerOutputError(WorkerFailedError):
    """It said more than anybody would listen to."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("its answer is too large")

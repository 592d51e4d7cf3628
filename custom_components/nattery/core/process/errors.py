"""The reasons why a worker process gave no result."""

from typing import ClassVar

from ..errors import NatteryError


class WorkerError(NatteryError):
    """A worker process gave no result. Only those of the backtest reach users, hence the prefix of the key."""

    kind = "failed"
    key_prefix = "backtest_"


class WorkerTimeoutError(WorkerError):
    """The worker was not done in time."""

    kind = "late"
    placeholder_names = ("seconds",)

    def __init__(self, seconds: float) -> None:
        """Keep the time limit."""
        self.seconds = seconds
        super().__init__(f"It was not done within {seconds:.3g} s")


class WorkerFailedError(WorkerError):
    """The worker ended without a result; `why` is the exit code, or another technical name of the cause."""

    placeholder_names: ClassVar[tuple[str, ...]] = ("why",)

    def __init__(self, why: str) -> None:
        """Keep the cause."""
        self.why = why
        super().__init__(f"It failed: {why}")


class WorkerExitError(WorkerFailedError):
    """The worker ended with an exit code other than 0; a signal is a negative number."""

    kind = "ended"
    placeholder_names = ("status",)

    def __init__(self, status: int) -> None:
        """Keep the exit code."""
        self.status = status
        super().__init__(f"exit code {status}")


class WorkerInputError(WorkerError):
    """The worker cannot use what it was given; `field` names the part that is wrong."""

    kind = "bad_input"
    placeholder_names = ("field",)

    def __init__(self, field: str, text: str) -> None:
        """Keep the name of the field; `text` is the English sentence."""
        self.field = field
        super().__init__(text)


class WorkerOutputError(WorkerFailedError):
    """The worker's response is larger than allowed."""

    kind = "too_large"
    placeholder_names = ()

    def __init__(self) -> None:
        """Take no arguments."""
        super().__init__("its answer is too large")

"""The base of every error of the core that a user may see."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, override

from .explanation import Explanation

type Placeholder = str | int | float | Sequence[int | float | str]


class NatteryError(Exception):
    """An error with a translation key and plain values for the placeholders of the translated text.

    `str(error)` is one English sentence for logs and the command line. It contains no secret.
    """

    kind: ClassVar[str] = "unexpected"
    """The name under which the error is counted and stored."""
    key_prefix: ClassVar[str] = ""
    placeholder_names: ClassVar[tuple[str, ...]] = ()
    """The attributes that fill the placeholders."""

    @property
    def translation_key(self) -> str:
        """Return the key of the translated text."""
        return self.key_prefix + self.kind

    @property
    def placeholders(self) -> Mapping[str, Placeholder]:
        """Return the values of the placeholders; `placeholder_text` formats them."""
        return {name: getattr(self, name) for name in self.placeholder_names}

    @property
    def explanation(self) -> Explanation:
        """Return the key and the placeholders, for a reason that contains this error."""
        texts = {name: placeholder_text(value) for name, value in self.placeholders.items()}
        return Explanation(self.translation_key, texts)


def placeholder_text(value: Placeholder) -> str:
    """Return a placeholder as text: numbers without trailing zeros, the items of a sequence separated by commas."""
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, str | int):
        return str(value)
    return ", ".join(placeholder_text(item) for item in value)


class WrappedError(NatteryError):
    """An error of an upper layer that is explained by its cause: it has the cause's text, key and placeholders."""

    def __init__(self, cause: NatteryError) -> None:
        """Keep the cause."""
        self.cause = cause
        super().__init__(str(cause))

    @property
    @override
    def translation_key(self) -> str:
        """Return the key of the cause."""
        return self.cause.translation_key

    @property
    @override
    def placeholders(self) -> Mapping[str, Placeholder]:
        """Return the placeholders of the cause."""
        return self.cause.placeholders

"""A text that hides itself."""

from urllib.parse import quote


class Secret:
    """A text that shows itself to nobody who does not ask for it by name."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(...)"

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reveal() == self.reveal()

    def __hash__(self) -> int:
        return hash(self._text)

    def reveal(self) -> str:
        """The text."""
        return self._text

    def hide(self, text: str) -> str:
        """Another text, without this one in it, plain or as part of an address."""
        return text.replace(self._text, "...").replace(quote(self._text, safe=""), "...") if self._text else text

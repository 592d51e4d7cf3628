"""A string that does not reveal itself."""

from urllib.parse import quote


class Secret:
    """A string whose value is available only through `reveal`, never through `str`, `repr` or a log."""

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
        """Return the value."""
        return self._text

    def hide(self, text: str) -> str:
        """Return `text` with this value removed, both verbatim and percent-encoded."""
        return text.replace(self._text, "...").replace(quote(self._text, safe=""), "...") if self._text else text

"""The price book in a file, for the command line."""

from collections.abc import Collection
from contextlib import suppress
from datetime import tzinfo
import json
import os
from pathlib import Path
import tempfile

from .book import BookError, PriceBook


class FileStore:
    """One book in one file, which is always the old one or the new one and never half of either."""

    def __init__(self, path: Path) -> None:
        """The file need not exist."""
        self.path = path

    def load(self, area: str, zone: tzinfo, currencies: Collection[str] | None = None) -> PriceBook:
        """The book of an area; a new one when there is no file, or one of another area. Raises BookError."""
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return PriceBook(area, zone, currencies)
        except (ValueError, OSError) as error:
            raise BookError(f"{self.path} cannot be read as a price book: {error}") from None
        if not isinstance(data, dict):
            raise BookError(f"{self.path} is no price book")
        book = PriceBook.from_dict(data, zone, currencies)
        return book if book.area == area else PriceBook(area, zone, currencies)

    def save(self, book: PriceBook) -> None:
        """Write the book, whole or not at all; raises BookError."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        except OSError as error:
            raise BookError(f"{self.path} cannot be written: {error}") from None
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(book.to_dict(), file)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except OSError as error:
            raise BookError(f"{self.path} cannot be written: {error}") from None
        finally:
            with suppress(FileNotFoundError):
                Path(name).unlink()

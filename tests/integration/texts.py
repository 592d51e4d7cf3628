"""The English texts, and what the tests ask of them."""

import json
from pathlib import Path
from string import Formatter
from typing import Any

INTEGRATION = Path(__file__).parents[2] / "custom_components" / "nattery"
TEXTS: dict[str, Any] = json.loads((INTEGRATION / "translations" / "en.json").read_text())


def placeholders_of(text: str) -> set[str]:
    """What must be filled in."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def fields_of(schema: Any) -> set[str]:
    """The fields of a form, sections included."""
    return {str(key) for key in schema.schema}

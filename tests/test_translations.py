"""The translations into other languages: complete, with the placeholders and links of the English texts."""

from collections.abc import Mapping
import json
from pathlib import Path
import re
from typing import Any

import pytest

from custom_components.nattery.core.sentences import flatten

FOLDER = Path(__file__).parents[1] / "custom_components" / "nattery" / "translations"
LANGUAGES = tuple(sorted(path.stem for path in FOLDER.glob("*.json") if path.stem != "en"))
MIN_TRANSLATED = 0.9  # some texts are names, units or the same word in both languages


def read(language: str) -> Mapping[str, str]:
    texts: dict[str, Any] = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return flatten(texts)


ENGLISH = read("en")


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"\{\w*\}|\[%.*?%\]|\]\(.*?\)|<\w+>", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_keys_and_placeholders_are_those_of_the_english_texts(language) -> None:
    texts = read(language)
    assert list(texts) == list(ENGLISH)
    different = {path for path, text in texts.items() if placeholders(text) != placeholders(ENGLISH[path])}
    assert not different
    assert not [path for path, text in texts.items() if not text.strip() or text != text.strip()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_translated_and_end_like_the_english_ones(language) -> None:
    texts = read(language)
    sentences = [path for path, text in ENGLISH.items() if " " in text and text.endswith((".", "?", "!"))]
    same = [path for path in sentences if texts[path] == ENGLISH[path]]
    assert not same
    assert not [path for path in sentences if not texts[path].endswith((".", "?", "!", ")"))]
    translated = sum(texts[path] != ENGLISH[path] for path in ENGLISH)
    assert translated > MIN_TRANSLATED * len(ENGLISH)

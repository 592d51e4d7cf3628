"""The file from which the tests of the screen learn its sentences is what the core makes."""

import json

from .screen_sentences import PATH, screen_sentences


def test_the_screen_is_tested_with_the_sentences_of_the_core() -> None:
    assert json.loads(PATH.read_text(encoding="utf-8")) == screen_sentences(), "python -m tests.core.screen_sentences"

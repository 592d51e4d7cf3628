"""The sentences that the screen must make as the core does: `python -m tests.core.screen_sentences` writes the file."""

import json
from pathlib import Path
from typing import Any

from custom_components.nattery.core.explanation import Explanation
from custom_components.nattery.core.sentences import english_sentences

from .test_sentences import BERLIN, KEYS, NOW, example

PATH = Path(__file__).parents[2] / "custom_components/nattery/frontend/tests/fixtures" / "sentences.json"


def screen_sentences() -> dict[str, Any]:
    """Return an example of every reason and note with its sentence and details."""
    sentences = english_sentences("EUR", BERLIN)
    return {
        "now": NOW.isoformat(),
        "zone": str(BERLIN),
        "currency": "EUR",
        "examples": [
            {
                "reason": one.to_dict(),
                "sentence": sentences.sentence(one, NOW),
                "details": sentences.details(one, NOW),
            }
            for one in (*map(example, KEYS), _nested())
        ],
    }


def _nested() -> Explanation:
    """Return what a dry run says: what would be done, and why."""
    return Explanation("control_would_charge", {"power_kw": 1.4, "because": example("plan_charge")})


if __name__ == "__main__":
    PATH.write_text(json.dumps(screen_sentences(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

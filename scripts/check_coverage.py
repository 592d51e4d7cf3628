"""Fails where less of a module of the integration is covered by tests than must be, branches included.

Reads what a run of the tests with `--cov` measured.
"""

import json
from pathlib import Path
import sys
from tempfile import TemporaryDirectory

from coverage import Coverage

LEAST = 95.0  # percent of lines and branches


def percentages() -> dict[str, float]:
    """Return the covered share in percent of every module."""
    measured = Coverage()
    measured.load()
    with TemporaryDirectory() as folder:
        report = Path(folder, "coverage.json")
        measured.json_report(outfile=str(report))
        files = json.loads(report.read_text("utf-8"))["files"]
    return {name: float(file["summary"]["percent_covered"]) for name, file in files.items()}


def main() -> int:
    """Print the modules that are covered too little; 1 if there are any."""
    found = percentages()
    too_little = {name: percent for name, percent in sorted(found.items()) if percent < LEAST}
    for name, percent in too_little.items():
        print(f"{name}: {percent:.1f} % is covered by tests, {LEAST:.0f} % must be.", file=sys.stderr)
    if too_little:
        return 1
    print(f"Coverage: each of {len(found)} modules has at least {LEAST:.0f} %.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

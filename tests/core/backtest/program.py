"""Starts `nattery backtest` as a user does."""

from pathlib import Path
import subprocess
import sys

NATTERY = Path(sys.executable).with_name("nattery")


def run_backtest(*arguments: object) -> tuple[int, str, str]:
    """Return the exit status, stdout and stderr without progress lines, which appear only if the machine is slow."""
    command = [NATTERY, "backtest", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    lines = done.stderr.splitlines(keepends=True)
    return done.returncode, done.stdout, "".join(line for line in lines if "% done, about" not in line)

"""Tests of the Modbus client and the ledger, repeated on the newest versions of their libraries.

`scripts/setup` installs these beside the versions that Home Assistant pins.
"""

import os
from pathlib import Path
import subprocess
import sys

import pymodbus
import pytest

NEWEST = Path(sys.prefix) / "newest"
TESTS = {
    "pymodbus": ("modbus/test_frames.py", "modbus/test_client.py", "modbus/test_block_reader.py"),
    "sqlalchemy": ("ledger/test_ledger.py", "ledger/test_migrations.py", "ledger/test_reports.py"),
}


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.skipif(Path(pymodbus.__file__).is_relative_to(NEWEST), reason="this is the inner run")
@pytest.mark.parametrize("library", TESTS)
def test_suite_passes_on_the_newest_version(library) -> None:
    environment = os.environ | {"PYTHONPATH": str(NEWEST)}
    asked = [sys.executable, "-c", f"import {library}; print({library}.__version__)"]
    newest, present = (
        subprocess.run(asked, env=one, capture_output=True, text=True, check=True).stdout.strip()
        for one in (environment, os.environ)
    )
    assert newest not in ("", present)
    tests = [str(Path(__file__).parent / name) for name in TESTS[library]]
    inner = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(inner, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]

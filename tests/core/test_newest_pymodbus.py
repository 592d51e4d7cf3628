"""The wire once more with the newest pymodbus, which scripts/setup keeps beside the one that Home Assistant pins."""

import os
from pathlib import Path
import subprocess
import sys

import pymodbus
import pytest

NEWEST = Path(sys.prefix) / "newest"
WIRE = ("test_frames.py", "test_bus.py", "test_reader.py")


@pytest.mark.skipif(Path(pymodbus.__file__).is_relative_to(NEWEST), reason="this is the inner run")
def test_the_wire_keeps_its_promises_on_the_newest_pymodbus() -> None:
    environment = os.environ | {"PYTHONPATH": str(NEWEST)}
    asked = "import pymodbus; print(pymodbus.__version__)"
    version = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True)
    assert version.stdout.strip() not in ("", pymodbus.__version__)
    tests = [str(Path(__file__).with_name(name)) for name in WIRE]
    inner = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(inner, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]

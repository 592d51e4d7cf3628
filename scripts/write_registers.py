"""Generate docs/registers.md from the register table; with `--check`, only check that it is up to date."""

import argparse
from pathlib import Path
import sys

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from custom_components.nattery.core.inverter.codec import allowed_values  # noqa: E402
from custom_components.nattery.core.inverter.registers import REGISTERS  # noqa: E402
from custom_components.nattery.core.inverter.table import Access, Register, RegisterKind, Risk  # noqa: E402

PAGE = ROOT / "docs" / "registers.md"
HEAD = """# Registers

This page lists all registers. It is generated from the register table (`core/inverter/registers.py`) by
`scripts/write_registers.py`, so do not edit it.

- **Symbol** is the protocol's name. Use it with `nattery set` and with the action `nattery.write_register`.
- **Scale**: the physical value is the raw value times the scale.
- **Polled** is the tier in which the register is read: fast, settings, counters, statistics or identity (once at
  start).
- **Allowed values** are the values that you can write. For a "risky" register, you must be an administrator and confirm
  the write. A register marked "never" cannot be written through Nattery. Without an entry, the register is read-only.

| Address | Symbol | Key | Kind | Scale | Unit | Polled | Allowed values |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""


def _write(register: Register) -> str:
    if register.access is Access.READ:
        return ""
    if register.risk is Risk.FORBIDDEN:
        return "never"
    bounds = allowed_values(register)
    return f"risky: {bounds}" if register.risk is Risk.RISKY else bounds


def _line(register: Register) -> str:
    command = register.access is Access.WRITE
    polled = "never (secret)" if register.secret else "command" if command else str(register.tier)
    words = f" x {register.words}" if register.words > 1 else ""
    columns = (
        f"`0x{register.address:04X}`{words}",
        f"`{register.symbol}`",
        f"`{register.key}`",
        register.kind.value,
        f"{register.scale:g}" if register.scale != 1 else "",
        register.unit or "",
        polled,
        _write(register),
    )
    return "| " + " | ".join(columns) + " |"


def page() -> str:
    """Return the whole page."""
    return (
        HEAD + "\n".join(_line(register) for register in REGISTERS if register.kind is not RegisterKind.RESERVED) + "\n"
    )


def main() -> int:
    """Write the page, or check it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit with 1 if the page is out of date")
    if parser.parse_args().check:
        current = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        if current != page():
            print("docs/registers.md is out of date: run scripts/write_registers.py", file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

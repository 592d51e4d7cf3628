"""Writes docs/registers.md from the register table; `--check` only says whether it is up to date."""

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

Made from the register table (`core/inverter/registers.py`) by `scripts/write_registers.py`; do not edit. `symbol` is
the protocol's own name, which `nattery set` and the action `nattery.write_register` take. "Risky" needs an
administrator and an explicit confirmation, "never" is not offered for writing at all.

| address | symbol | name | kind | scale | unit | polled | written |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""


def _write(register: Register) -> str:
    if register.access is Access.READ:
        return ""
    if register.risk is Risk.FORBIDDEN:
        return "never"
    bounds = allowed_values(register).removeprefix("allowed is ").removeprefix("allowed are ")
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
    """The whole page."""
    return (
        HEAD + "\n".join(_line(register) for register in REGISTERS if register.kind is not RegisterKind.RESERVED) + "\n"
    )


def main() -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit 1 when the page is not what the table says")
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

"""The fault log, as entities show it."""

from datetime import datetime
from typing import Any

from .core.inverter.codec import FaultRecord, Value
from .descriptions import as_aware


def faults_of(value: Value) -> list[FaultRecord]:
    """Return the records of a fault log, the oldest first; those without a readable time come before all others."""
    records = [record for record in value if isinstance(record, FaultRecord)] if isinstance(value, list) else []
    return sorted(records, key=lambda fault: fault.time or datetime.min)  # noqa: DTZ901  (the inverter knows no zone)


def fault_attributes(fault: FaultRecord) -> dict[str, Any]:
    """Return the attributes of a fault; its time is None if the inverter's time is unreadable."""
    return {
        "code": fault.code,
        "time": as_aware(fault.time).isoformat() if fault.time else None,
        "values": list(fault.values),
    }

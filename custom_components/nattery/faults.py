"""The fault log, as entities tell of it."""

from datetime import datetime
from typing import Any

from .core.inverter.codec import FaultRecord, Value
from .descriptions import house_time


def faults_of(value: Value) -> list[FaultRecord]:
    """The records of a fault log, the oldest first; one without a readable time counts as oldest."""
    records = [record for record in value if isinstance(record, FaultRecord)] if isinstance(value, list) else []
    return sorted(records, key=lambda fault: fault.time or datetime.min)  # noqa: DTZ901  (the inverter knows no zone)


def fault_attributes(fault: FaultRecord) -> dict[str, Any]:
    """A fault in words that a template can use; the time is the house's, None where the inverter's is unreadable."""
    return {
        "code": fault.code,
        "time": house_time(fault.time).isoformat() if fault.time else None,
        "values": list(fault.values),
    }

"""Diagnosis of serial ports that cannot be opened."""

import errno
import os
from pathlib import Path
import stat

from .errors import NotConnectedError

_PROCESSES = Path("/proc")


def port_owners(path: str) -> list[str]:
    """Return the processes that have this port open, as "name (PID 123)", as far as this user may see them."""
    target = os.path.realpath(path)
    owners = []
    for process in _PROCESSES.glob("[0-9]*") if _PROCESSES.is_dir() else ():
        try:
            if any(os.path.realpath(handle) == target for handle in (process / "fd").iterdir()):
                name = (process / "comm").read_text().strip()
                owners.append(f"{name} (PID {process.name})")
        except OSError:
            continue  # the process has ended or belongs to another user
    return owners


def _owner_group(path: str) -> str:
    try:
        import grp  # noqa: PLC0415  (not available on every platform)

        return grp.getgrgid(Path(path).stat().st_gid).gr_name
    except ImportError, KeyError, OSError:
        return "dialout"


def system_text(error: Exception) -> str:
    """Return the operating system's text of an error without its number, or the error's type if it has no text."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def open_error(path: str, error: Exception) -> NotConnectedError:
    """Return the error with its reason for an exception raised while opening `path`."""
    number = getattr(error, "errno", None)
    file = Path(path)
    if "://" in path:
        return NotConnectedError(path, "unreachable", system_text(error))
    if number == errno.ENOENT or not file.exists():
        return NotConnectedError(path, "not_found")
    if number in (errno.EACCES, errno.EPERM):
        return NotConnectedError(path, "no_permission", _owner_group(path))
    if number in (errno.EAGAIN, errno.EBUSY):
        owners = ", ".join(port_owners(path))
        return NotConnectedError(path, "in_use_by" if owners else "in_use", owners)
    if not stat.S_ISCHR(file.stat().st_mode) or number == errno.ENOTTY or "Could not configure port" in str(error):
        return NotConnectedError(path, "not_a_port")
    return NotConnectedError(path, "unreachable", system_text(error))


def port_identity(path: str) -> tuple[int, int] | None:
    """Return what distinguishes one device node from another at the same path; None if there is none."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_ino, status.st_rdev

"""Why a serial port cannot be opened, in terms that tell a person what to do."""

import errno
import os
from pathlib import Path
import stat

from .errors import NotConnectedError

_PROCESSES = Path("/proc")


def users(path: str) -> list[str]:
    """The programs that hold this port open, as "name (PID 123)"; only those that this user may look at."""
    target = os.path.realpath(path)
    found = []
    for process in _PROCESSES.glob("[0-9]*") if _PROCESSES.is_dir() else ():
        try:
            if any(os.path.realpath(handle) == target for handle in (process / "fd").iterdir()):
                name = (process / "comm").read_text().strip()
                found.append(f"{name} (PID {process.name})")
        except OSError:
            continue  # gone meanwhile, or another user's
    return found


def _owner_group(path: str) -> str:
    try:
        import grp  # noqa: PLC0415  (there is none on every platform)

        return grp.getgrgid(Path(path).stat().st_gid).gr_name
    except ImportError, KeyError, OSError:
        return "dialout"


def system_text(error: Exception) -> str:
    """Return the operating system's own text of an error, without its number; the error's type where it has none."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def explain(path: str, error: Exception) -> NotConnectedError:
    """The typed reason behind an exception of opening `path`."""
    number = getattr(error, "errno", None)
    file = Path(path)
    if "://" in path:
        return NotConnectedError(path, "unreachable", system_text(error))
    if number == errno.ENOENT or not file.exists():
        return NotConnectedError(path, "not_found")
    if number in (errno.EACCES, errno.EPERM):
        return NotConnectedError(path, "no_permission", _owner_group(path))
    if number in (errno.EAGAIN, errno.EBUSY):
        who = ", ".join(users(path))
        return NotConnectedError(path, "in_use_by" if who else "in_use", who)
    if not stat.S_ISCHR(file.stat().st_mode) or number == errno.ENOTTY or "Could not configure port" in str(error):
        return NotConnectedError(path, "not_a_port")
    return NotConnectedError(path, "unreachable", system_text(error))


def signature(path: str) -> tuple[int, int] | None:
    """What tells one plugged-in port from the next at the same path; None while there is none."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_ino, status.st_rdev

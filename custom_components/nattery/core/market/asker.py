"""What runs in the process that asks ENTSO-E: it reads one question, asks, writes the outcome and ends.

`child` starts it, keeps its stdin open and kills it when the time is over. Should `child` be unable to, it ends by
itself: when stdin closes, since then nobody is left who wants to know, or when the question's seconds are over.
"""

import os
import resource
import signal
import sys
from threading import Thread
from typing import NoReturn

from .errors import LibraryError, MarketError
from .exchange import Question, pack

NICENESS = 10  # importing pandas is half a second of work, for which nobody else should have to wait


def main() -> NoReturn:
    """Answer the question on stdin; the exit code is 0 whenever the outcome is written, whatever it is."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # what a crash leaves behind would hold the token
    os.nice(NICENESS)
    question = Question.from_line(sys.stdin.buffer.readline())
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, question.seconds)
    Thread(target=_end_with_parent, daemon=True).start()
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints is no part of the outcome
        out.write(pack(_outcome(question)))
    os._exit(0)  # nothing is left to do, and taking pandas apart takes its time


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


def _outcome(question: Question) -> bytes | MarketError:
    try:
        from .session import ask  # noqa: PLC0415  (slow, so only when all that could end it is in place)
    except Exception as error:  # noqa: BLE001  (not installed, not for this processor: whatever it is, its name tells)
        return LibraryError(type(error).__name__)
    return ask(question)

"""What runs in a process of our own: it reads one question, has it answered, writes the answer and ends.

`child` starts it, keeps its stdin open and kills it when the time is over. Should `child` be unable to, it ends by
itself: when stdin closes, since then nobody is left who wants to know, or when its seconds are over.
"""

from importlib import import_module
import os
import resource
import signal
import sys
from threading import Thread
from typing import NoReturn

NICENESS = 10  # it is work, for which nobody else should have to wait


def serve(task: str, seconds: float) -> NoReturn:
    """Let the function `answer` of the module `task` make one line of stdin the bytes of the answer.

    The exit code is 0 whenever an answer is written, whatever it is.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # what a crash leaves behind would hold the question's secrets
    os.nice(NICENESS)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    question = sys.stdin.buffer.readline()
    Thread(target=_end_with_parent, daemon=True).start()
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints is no part of the answer
        out.write(import_module(task).answer(question))
    os._exit(0)  # nothing is left to do, and taking pandas apart takes its time


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)

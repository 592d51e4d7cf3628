"""The thread that the line lives in: waits for bytes and for exact moments, idles without work."""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from math import inf
import os
from selectors import EVENT_READ, DefaultSelector
from threading import Thread
from time import monotonic, sleep
from typing import Protocol

from .channel import Channel

TICK = 1.0
COARSE = 0.0014  # below this the selector, which counts in milliseconds, is too coarse
WAKE_UP = 0.0003  # what a wake-up may cost
SPIN = 0.00012  # the last stretch before a moment is watched, not slept
MILLISECONDS = 1000


class Port(Protocol):
    """Where clients connect: a pty or a listening socket."""

    def attach(self, line: ServerThread) -> None:
        """Begin to be watched; called in the line's thread."""

    def close(self) -> None:
        """Give everything back; called in the line's thread, or before it runs."""


class ServerThread:
    """One thread for every port of one device. `tick` is called at least once a second."""

    def __init__(self, tick: Callable[[], None]) -> None:
        """Prepare; nothing runs before `start`."""
        self._tick = tick
        self._selector = DefaultSelector()
        self._inbox: deque[Callable[[], None]] = deque()
        self._timers: list[tuple[float, Callable[[], None]]] = []
        self._ports: list[Port] = []
        self._channels: list[Channel] = []
        self._stopping = False
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.watch(self._wake_read, self._read_inbox)
        self._thread = Thread(target=self._run, name="nattery-simulator", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close every port; returns when that is done."""
        self._stopping = True
        self._wake()
        self._thread.join()
        os.close(self._wake_write)

    def add(self, port: Port) -> None:
        """Serve an open port from now on; from any thread."""
        self._inbox.append(lambda: self._adopt(port))
        self._wake()

    # For ports, in the line's thread

    def watch(self, descriptor: int, on_bytes: Callable[[], None]) -> None:
        """Call `on_bytes` whenever the descriptor can be read."""
        self._selector.register(descriptor, EVENT_READ, on_bytes)

    def unwatch(self, descriptor: int) -> None:
        """Forget the descriptor."""
        self._selector.unregister(descriptor)

    def join(self, channel: Channel) -> None:
        """Keep the channel's times."""
        self._channels.append(channel)

    def leave(self, channel: Channel) -> None:
        """Forget the channel and what it had planned."""
        self._channels.remove(channel)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Call `action` once, in `seconds`."""
        self._timers.append((monotonic() + seconds, action))

    def _adopt(self, port: Port) -> None:
        self._ports.append(port)
        port.attach(self)

    def _wake(self) -> None:
        # A full pipe has already woken the thread, a closed one has nobody left to wake.
        with suppress(OSError):
            os.write(self._wake_write, b"\0")

    def _read_inbox(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._wake_read, 1024)
        while self._inbox:
            self._inbox.popleft()()

    def _run(self) -> None:
        self.later(TICK, self._beat)
        try:
            while not self._stopping:
                self._wait()
                now = monotonic()
                for channel in list(self._channels):
                    if channel.due <= now:
                        channel.run(now)
                self._run_timers(now)
        finally:
            self._read_inbox()
            for port in self._ports:
                port.close()
            self._selector.close()
            os.close(self._wake_read)

    def _beat(self) -> None:
        # While a request is served, its own call has just done the same, and the answer must not wait.
        if all(channel.due == inf for channel in self._channels):
            self._tick()
        self.later(TICK, self._beat)

    def _run_timers(self, now: float) -> None:
        ready = [timer for timer in self._timers if timer[0] <= now]
        for timer in ready:
            self._timers.remove(timer)
            timer[1]()

    def _wait(self) -> None:
        """Until bytes have come and been handed on, or the next moment is there."""
        moment = min((channel.due for channel in self._channels), default=inf)
        timer = min(when for when, _ in self._timers)
        now = monotonic()
        if moment - now > COARSE:
            if moment < timer + COARSE:
                # The selector rounds up to whole milliseconds: half of one less than the whole ones that are left.
                rest = (int((moment - now - WAKE_UP) * MILLISECONDS) - 0.5) / MILLISECONDS
            else:
                rest = timer - now
            for key, _ in self._selector.select(max(0.0, rest)):
                key.data()
            return
        while (left := moment - monotonic()) > 0:
            if left > SPIN:
                sleep(left - SPIN)

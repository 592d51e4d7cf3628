"""The thread that serves the ports: it waits for bytes and for exact times, and sleeps otherwise."""

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

TICK_INTERVAL = 1.0
SELECTOR_RESOLUTION = 0.0014  # seconds; shorter waits sleep, because the selector counts in milliseconds
WAKE_UP_TIME = 0.0003  # seconds that waking up may take
SPIN_TIME = 0.00012  # seconds before an event that are spent in a busy loop, for precision
MILLISECONDS = 1000


class Port(Protocol):
    """A pty or a listening socket that clients connect to."""

    def attach(self, server: ServerThread) -> None:
        """Start listening. Called in the server's thread."""

    def close(self) -> None:
        """Release all resources. Called in the server's thread, or before it runs."""


class ServerThread:
    """One thread that serves all ports of a simulated inverter. It calls `tick` at least once a second."""

    def __init__(self, tick: Callable[[], None]) -> None:
        """Prepare the thread without starting it."""
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
        """Start serving."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close every port; return when that is done."""
        self._stopping = True
        self._wake()
        self._thread.join()
        os.close(self._wake_write)

    def add(self, port: Port) -> None:
        """Serve an open port. May be called from any thread."""
        self._inbox.append(lambda: self._attach(port))
        self._wake()

    # The ports call these methods in the server's thread.

    def watch(self, descriptor: int, on_readable: Callable[[], None]) -> None:
        """Call `on_readable` whenever the descriptor is readable."""
        self._selector.register(descriptor, EVENT_READ, on_readable)

    def unwatch(self, descriptor: int) -> None:
        """Stop watching the descriptor."""
        self._selector.unregister(descriptor)

    def add_channel(self, channel: Channel) -> None:
        """Run the channel's events at their times."""
        self._channels.append(channel)

    def remove_channel(self, channel: Channel) -> None:
        """Stop running the channel's events."""
        self._channels.remove(channel)

    def call_later(self, seconds: float, action: Callable[[], None]) -> None:
        """Call `action` once, after `seconds`."""
        self._timers.append((monotonic() + seconds, action))

    def _attach(self, port: Port) -> None:
        self._ports.append(port)
        port.attach(self)

    def _wake(self) -> None:
        # Writing fails if the pipe is full (the thread is awake already) or closed (the thread has ended).
        with suppress(OSError):
            os.write(self._wake_write, b"\0")

    def _read_inbox(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._wake_read, 1024)
        while self._inbox:
            self._inbox.popleft()()

    def _run(self) -> None:
        self.call_later(TICK_INTERVAL, self._on_tick)
        try:
            while not self._stopping:
                self._wait()
                now = monotonic()
                for channel in list(self._channels):
                    if channel.next_event_at <= now:
                        channel.run(now)
                self._run_timers(now)
        finally:
            self._read_inbox()
            for port in self._ports:
                port.close()
            self._selector.close()
            os.close(self._wake_read)

    def _on_tick(self) -> None:
        # Serving a request advances the inverter too, and a tick then would delay the response.
        if all(channel.next_event_at == inf for channel in self._channels):
            self._tick()
        self.call_later(TICK_INTERVAL, self._on_tick)

    def _run_timers(self, now: float) -> None:
        ready = [timer for timer in self._timers if timer[0] <= now]
        for timer in ready:
            self._timers.remove(timer)
            timer[1]()

    def _wait(self) -> None:
        """Wait for the next event, or until bytes have arrived and been processed."""
        event = min((channel.next_event_at for channel in self._channels), default=inf)
        timer = min(when for when, _ in self._timers)
        now = monotonic()
        if event - now > SELECTOR_RESOLUTION:
            if event < timer + SELECTOR_RESOLUTION:
                # The selector rounds up to whole milliseconds, so half of one is subtracted.
                timeout = (int((event - now - WAKE_UP_TIME) * MILLISECONDS) - 0.5) / MILLISECONDS
            else:
                timeout = timer - now
            for key, _ in self._selector.select(max(0.0, timeout)):
                key.data()
            return
        while (remaining := event - monotonic()) > 0:
            if remaining > SPIN_TIME:
                sleep(remaining - SPIN_TIME)

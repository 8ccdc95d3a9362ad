"""Who has died and when it starts again, and the order in which all end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from nannychain import embedded
from nannychain.embedded.server import Server
from nannychain.supervisor.children import Child
from nannychain.supervisor.screen import say
from nannychain.supervisor.stopping import StopRequest

STOP_SECONDS_MAX = 9.0
_CHILDREN_STOP_SECONDS = 7.0
_SHARE_SECONDS = 0.2  # what each has in any case, however long those before it took
_SERVER_STOP_SECONDS = 1.0
_PAUSES_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
_LONG_LIFE_SECONDS = 60.0


@dataclass
class Watched:
    """A server or child that is to run, with what is known of its deaths."""

    one: Server | Child
    deaths: int = 0
    started_at: float = 0.0
    due_at: float | None = None  # None: it runs

    def look(self, *, now: float) -> None:
        """Note a death and say so; start it again when its pause is over. `now` is monotonic."""
        if self.due_at is None and not self.one.is_running:
            self._note_death(now)
        elif self.due_at is not None and now >= self.due_at:
            self._start_again(now)

    def _note_death(self, now: float) -> None:
        if now - self.started_at > _LONG_LIFE_SECONDS:
            self.deaths = 0
        pause = _PAUSES_SECONDS[min(self.deaths, len(_PAUSES_SECONDS) - 1)]
        self.deaths += 1
        self.due_at = now + pause
        how = f" ({self.one.how_it_ended()})" if isinstance(self.one, Child) else ""
        say(f"  {self.one.name} has ended{how}; it starts again in {pause:.0f} s")

    def _start_again(self, now: float) -> None:
        try:
            self.one.start()
        except (OSError, embedded.EmbeddedError) as error:
            say(f"  {self.one.name} does not start: {error}")
            self.due_at = now + _PAUSES_SECONDS[-1]
            return
        self.due_at, self.started_at = None, now
        say(f"  {self.one.name} runs again")


@dataclass
class Watch:
    """All that runs: the servers in the order of starting, the children in that of ending."""

    servers: list[Watched] = field(default_factory=list)
    children: list[Watched] = field(default_factory=list)
    clock: Callable[[], float] = time.monotonic

    def add_server(self, server: Server) -> None:
        """Start a server and watch it."""
        server.start()
        self.servers.append(Watched(server, started_at=self.clock()))

    def add_child(self, child: Child) -> None:
        """Watch a child and start it; it is known before it runs, so that it can't be lost."""
        self.children.append(Watched(child, started_at=self.clock()))
        child.start()

    def speak_up(self) -> None:
        """Let warnings reach the terminal from now on."""
        for watched in self.children:
            if isinstance(watched.one, Child):
                watched.one.is_quiet = False

    def look(self) -> None:
        """Look after everything once."""
        for watched in (*self.servers, *self.children):
            watched.look(now=self.clock())

    def dead_child(self) -> Child | None:
        """Return a child that has ended, for as long as none may: while all are starting."""
        for watched in self.children:
            if isinstance(watched.one, Child) and not watched.one.is_running:
                return watched.one
        return None

    def stop(self, request: StopRequest) -> None:
        """End the children stage by stage, then the servers, all within ten seconds."""
        started = self.clock()
        deadline = started + STOP_SECONDS_MAX
        children = [watched.one for watched in self.children if isinstance(watched.one, Child)]
        for place, child in enumerate(children):
            for other in children:
                if other.stage == child.stage:
                    other.ask_to_end()
            still_to_come = len(children) - place - 1
            left = started + _CHILDREN_STOP_SECONDS - self.clock() - still_to_come * _SHARE_SECONDS
            child.stop(at_most=_SHARE_SECONDS if request.is_urgent else left)
        for place, watched in enumerate(reversed(self.servers)):
            still_to_come = len(self.servers) - place - 1
            left = deadline - self.clock() - still_to_come * _SERVER_STOP_SECONDS
            if isinstance(watched.one, Server):
                watched.one.stop(timeout_seconds=max(_SERVER_STOP_SECONDS, left))

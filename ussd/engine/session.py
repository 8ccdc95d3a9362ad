"""The state of a session, as it lies in Redis: raw JSON, without anything that was typed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ussd.engine.hop import Hop, Reply
from ussd.engine.transcript import Mark

VERSION = 3


@dataclass(frozen=True)
class Frame:
    """One screen on the way: what it was handed, what it read for good, and which page is shown.

    `hint` is what was wrong with the last input, as long as the screen stays. `asked_at` is set
    where a confirm screen asks about what was done at that instant in the same way.
    """

    screen: str
    values: Mapping[str, Any] = field(default_factory=dict)
    frozen: Any = None
    page: int = 0
    hint: str = ""
    asked_at: str = ""

    def to_json(self) -> Any:
        """Return the frame as it is stored: most are no more than a name."""
        if self == Frame(self.screen):
            return self.screen
        rest = [self.frozen, self.page, self.hint, self.asked_at]
        return [self.screen, dict(self.values), *rest]

    @classmethod
    def from_json(cls, stored: Any) -> "Frame":
        """Return a stored frame."""
        return cls(stored) if isinstance(stored, str) else cls(*stored)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a session stands: the way from the first screen to the present, and the language.

    `shown` are the keys that the phone shows; None until the screen was made.
    """

    path: tuple[Frame, ...]
    language: str
    shown: tuple[str, ...] | None = None

    @classmethod
    def at(cls, *screens: str, language: str) -> "Place":
        """Return the place at the end of a way of plain screens."""
        return cls(path=tuple(Frame(screen) for screen in screens), language=language)

    @property
    def top(self) -> Frame:
        """The present frame."""
        return self.path[-1]

    @property
    def screen(self) -> str:
        """The present screen."""
        return self.path[-1].screen

    @property
    def values(self) -> dict[str, Any]:
        """All that the screens on the way were handed; the latest wins."""
        return {name: value for frame in self.path for name, value in frame.values.items()}

    def up(self, count: int = 1) -> "Place":
        """Return the place `count` screens back."""
        return replace(self, path=self.path[:-count], shown=None)

    def down(self, frame: Frame) -> "Place":
        """Return the place one screen further."""
        return replace(self, path=(*self.path, frame), shown=None)

    def with_top(self, **changes: Any) -> "Place":
        """Return the place with its present frame changed."""
        path = (*self.path[:-1], replace(self.top, **changes))
        return replace(self, path=path, shown=None)

    def to_json(self) -> dict[str, Any]:
        """Return the place as it is stored."""
        path = [frame.to_json() for frame in self.path]
        return {"path": path, "language": self.language, "shown": self.shown}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Place":
        """Return a stored place."""
        shown = stored["shown"]
        return cls(
            path=tuple(Frame.from_json(frame) for frame in stored["path"]),
            language=stored["language"],
            shown=None if shown is None else tuple(shown),
        )


@dataclass(frozen=True, kw_only=True)
class Session:
    """A place, whose it is, how far its text was consumed, and the last answer."""

    gateway: str
    phone: str
    service_code: str
    place: Place
    consumed: Mark
    reply: Reply
    turn: str = ""  # the gateway's name for the last input, where inputs come one at a time
    caller: Any = None  # as the application packs it; None while nobody is known
    began_at: int = 0  # seconds since 1970; where the state was lost on the way, since then
    hops: int = 0

    def belongs_to(self, hop: Hop) -> bool:
        """Tell whether the hop comes from the phone, code and gateway that began the session."""
        began = (self.gateway, self.phone, self.service_code)
        return began == (hop.gateway, hop.phone, hop.service_code)

    def to_json(self) -> str:
        """Return the session as it is stored."""
        return json.dumps(
            {
                "version": VERSION,
                "gateway": self.gateway,
                "phone": self.phone,
                "service_code": self.service_code,
                **self.place.to_json(),
                "length": self.consumed.length,
                "digest": self.consumed.digest,
                "reply": self.reply.text,
                "ends": self.reply.ends,
                "turn": self.turn,
                "caller": self.caller,
                "began_at": self.began_at,
                "hops": self.hops,
            },
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, raw: str | bytes) -> "Session | None":
        """Return the session, or None where what is stored is of another version or damaged."""
        try:
            data = json.loads(raw)
            if data["version"] != VERSION:
                return None
            return cls(
                gateway=data["gateway"],
                phone=data["phone"],
                service_code=data["service_code"],
                place=Place.from_json(data),
                consumed=Mark(length=data["length"], digest=data["digest"]),
                reply=Reply(data["reply"], data["ends"]),
                turn=data["turn"],
                caller=data["caller"],
                began_at=data["began_at"],
                hops=data["hops"],
            )
        except (ValueError, KeyError, TypeError):
            return None

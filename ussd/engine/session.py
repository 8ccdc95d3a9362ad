"""The state of a session, as it lies in Redis: raw JSON, without anything that was typed."""

import json
from dataclasses import dataclass
from typing import Any

from ussd.engine.hop import Hop, Reply
from ussd.engine.transcript import Mark

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a session stands: the way from the first screen to the present, and the language."""

    path: tuple[str, ...]
    language: str

    @property
    def screen(self) -> str:
        """The present screen."""
        return self.path[-1]


@dataclass(frozen=True, kw_only=True)
class Session:
    """A place, whose it is, how far its text was consumed, and the last answer."""

    gateway: str
    phone: str
    service_code: str
    place: Place
    consumed: Mark
    reply: Reply
    caller: Any = None  # as the application packs it; None while nobody is known

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
                "path": self.place.path,
                "language": self.place.language,
                "length": self.consumed.length,
                "digest": self.consumed.digest,
                "reply": self.reply.text,
                "ends": self.reply.ends,
                "caller": self.caller,
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
                place=Place(path=tuple(data["path"]), language=data["language"]),
                consumed=Mark(length=data["length"], digest=data["digest"]),
                reply=Reply(data["reply"], data["ends"]),
                caller=data["caller"],
            )
        except (ValueError, KeyError, TypeError):
            return None

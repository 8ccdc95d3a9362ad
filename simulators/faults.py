"""The fault engine: what shall go wrong, where, for whom and how often.

A provider's package says which kinds of fault it knows (a catalogue) and asks, at the point where
the fault would strike, whether one is set. Not here: what a fault then does; that is the
provider's own code.
"""

import random
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from simulators.phones import is_phone

TIMES_MAX = 1_000_000


class InvalidFault(ValueError):
    """The fault asked for does not exist or has impossible parameters; the text says which."""


@dataclass(frozen=True)
class Parameter:
    """One number that shapes a fault, with its default and its limits, both included."""

    name: str
    default: float
    least: float
    most: float
    whole: bool = False

    def read(self, value: object) -> float:
        """Return the value as a number; raise InvalidFault when it is none or out of limits."""
        wrong = f"{self.name} must be a number, {self.least:g} to {self.most:g}"
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise InvalidFault(wrong)
        if not self.least <= value <= self.most:  # refuses NaN too
            raise InvalidFault(wrong)
        if self.whole and value != int(value):
            raise InvalidFault(f"{self.name} must be a whole number")
        return int(value) if self.whole else float(value)


_FIELDS = ("target", "kind", "times", "probability", "phone")
_PROBABILITY = Parameter("probability", default=1, least=0.001, most=1)


@dataclass(frozen=True)
class Kind:
    """A fault that a provider can have; the phrase tells people what it does."""

    name: str
    phrase: str
    parameters: tuple[Parameter, ...] = ()


@dataclass
class Fault:
    """A fault that is set. `times` is what is left of it, None means until it is cleared.

    With a `probability` below 1 it strikes at random; only when it does, `times` is counted down.
    """

    id: int
    target: str
    kind: str
    parameters: dict[str, float]
    times: int | None
    probability: float
    phone: str

    def as_json(self) -> dict[str, Any]:
        """Return the fault as the control API shows it."""
        return {
            "id": self.id,
            "target": self.target,
            "kind": self.kind,
            **self.parameters,
            "times": self.times,
            "probability": self.probability,
            "phone": self.phone or None,
        }


@dataclass
class Faults:
    """All faults that are set, safe to use from many threads."""

    catalogue: Mapping[str, tuple[Kind, ...]]
    chance: Callable[[], float] = random.random
    phoneless: Collection[str] = ()  # targets where no phone has a part
    _set: list[Fault] = field(default_factory=list)
    _ids: Iterable[int] = field(default_factory=lambda: count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, wanted: Mapping[str, Any]) -> Fault:
        """Set a fault, in place of one of the same target, kind and phone; raise InvalidFault."""
        kind = self._kind(target=wanted.get("target"), name=wanted.get("kind"))
        known = {*_FIELDS, *(p.name for p in kind.parameters)}
        if unknown := sorted(set(wanted) - known):
            raise InvalidFault(f"unknown field {unknown[0][:40]!r} for {kind.name}")
        fault = Fault(
            id=next(iter(self._ids)),
            target=str(wanted["target"]),
            kind=kind.name,
            parameters={p.name: p.read(wanted.get(p.name, p.default)) for p in kind.parameters},
            times=_times(wanted.get("times", 1)),
            probability=_PROBABILITY.read(wanted.get("probability", _PROBABILITY.default)),
            phone=_phone(wanted.get("phone")),
        )
        if fault.phone and fault.target in self.phoneless:
            raise InvalidFault(f"{fault.target} knows no phones: such a fault would never strike")
        with self._lock:
            same = (fault.target, fault.kind, fault.phone)
            self._set = [f for f in self._set if (f.target, f.kind, f.phone) != same] + [fault]
        return fault

    def take(self, *, target: str, kind: str, phones: Iterable[str]) -> Fault | None:
        """Return the fault that strikes one of these phones now, and count it; else None."""
        with self._lock:
            for fault in self._set:
                if (fault.target, fault.kind) != (target, kind):
                    continue
                if fault.phone and fault.phone not in phones:
                    continue
                if self.chance() >= fault.probability:
                    continue
                self._count(fault)
                return fault
        return None

    def clear(self, **fields: str) -> int:
        """Clear the faults whose fields (id, target, kind, phone) are these; return how many."""
        with self._lock:
            kept = [
                fault
                for fault in self._set
                if any(str(getattr(fault, name)) != value for name, value in fields.items())
            ]
            cleared = len(self._set) - len(kept)
            self._set = kept
        return cleared

    def all(self) -> list[dict[str, Any]]:
        """Return every fault that is set, oldest first."""
        with self._lock:
            return [fault.as_json() for fault in self._set]

    def _kind(self, *, target: object, name: object) -> Kind:
        kinds = self.catalogue.get(target) if isinstance(target, str) else None
        if kinds is None:
            raise InvalidFault(f"target must be one of: {', '.join(self.catalogue)}")
        for kind in kinds:
            if kind.name == name:
                return kind
        raise InvalidFault(f"kind must be one of: {', '.join(kind.name for kind in kinds)}")

    def _count(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times == 0:
            self._set.remove(fault)


def _times(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= TIMES_MAX:
        raise InvalidFault(f"times must be null or a whole number, 1 to {TIMES_MAX}")
    return value


def _phone(value: object) -> str:
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or not is_phone(value):
        raise InvalidFault("phone must look like +254712345678")
    return value

"""The simulated world as one value that is handed to every provider."""

from dataclasses import dataclass

from simulators.faults import Faults
from simulators.posting import Posting
from simulators.record import Record
from simulators.settings import Settings
from simulators.store import Store


@dataclass(frozen=True)
class World:
    """What all simulated providers share."""

    settings: Settings
    store: Store
    faults: Faults
    record: Record
    posting: Posting

"""What became of planted bugs, shown and written into `docs/faults.md`."""

import os
import platform
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue

from tests.faults.machine.planted import table

PAGE = Path(__file__).resolve().parents[3] / "docs" / "faults.md"
BEGIN, END = "<!-- planted bugs: begin -->", "<!-- planted bugs: end -->"


@dataclass(frozen=True)
class Caught:
    """A bug, after how many histories it was found, and by what; not found without faults."""

    bug: str
    histories: int
    faults: tuple[str, ...]

    @property
    def is_found(self) -> bool:
        """Tell whether any history failed."""
        return bool(self.faults)

    @property
    def checks(self) -> str:
        """Return the names of the checks that failed."""
        names = dict.fromkeys(fault.split(":")[0] for fault in self.faults)
        return ", ".join(names)


def side_by_side(
    hunts: Sequence[Callable[[int], Caught]], *, at_once: int, shown: Callable[[Caught], None]
) -> list[Caught]:
    """Do them, so many at once, each with a number that no other has meanwhile."""
    numbers: SimpleQueue[int] = SimpleQueue()
    for number in range(at_once):
        numbers.put(number)

    def one(hunt: Callable[[int], Caught]) -> Caught:
        number = numbers.get()
        try:
            caught = hunt(number)
        finally:
            numbers.put(number)
        shown(caught)
        return caught

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(one, hunts))


def show(caught: Caught) -> None:
    """Print one line."""
    how = f"found in history {caught.histories} by {caught.checks}" if caught.is_found else (
        f"not found in {caught.histories} histories")  # fmt: skip
    print(f"{caught.bug}: {how}", flush=True)


def write(caught: Sequence[Caught], *, most: int) -> None:
    """Write the table between the marks of the page."""
    found = sum(each.is_found for each in caught)
    lines = [
        f"{found} of {len(caught)} found, within {most:,} histories each; on {_machine()},"
        f" {datetime.now(tz=UTC):%d %B %Y}.",
        "",
        "| bug | where | what goes wrong | found in history | by the check of |",
        "| --- | --- | --- | --- | --- |",
        *(_line(each) for each in caught),
    ]
    page = PAGE.read_text()
    body = "\n".join(lines)
    pattern = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    PAGE.write_text(pattern.sub(lambda _: f"{BEGIN}\n{body}\n{END}", page))


def _line(caught: Caught) -> str:
    bug = table.BY_NAME[caught.bug]
    when = str(caught.histories) if caught.is_found else f"not in {caught.histories:,}"
    return f"| {bug.name} | `{bug.path}` | {bug.words} | {when} | {caught.checks} |"


def _machine() -> str:
    return f"{platform.system()} {platform.machine()} with {os.cpu_count()} processors"

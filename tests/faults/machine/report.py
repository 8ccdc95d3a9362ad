"""What became of planted bugs, shown and written into `docs/faults.md`."""

import json
import os
import platform
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.faults.machine.planted import table

PAGE = Path(__file__).resolve().parents[3] / "docs" / "faults.md"
STATE = PAGE.parents[1] / ".data" / "planted.json"
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


@dataclass
class Kept:
    """What the bugs came to, kept in a file, so that a hunt goes on from there."""

    code: str
    caught: dict[str, Caught]

    @classmethod
    def read(cls, code: str) -> "Kept":
        """Read it; begin anew where the code has changed."""
        if STATE.exists():
            kept = json.loads(STATE.read_text())
            if kept["code"] == code:
                return cls(code, {each["bug"]: Caught(**each) for each in kept["caught"]})
        return cls(code, {})

    def told(self, bug: str) -> int:
        """Return how many histories were told with the bug."""
        return self.caught[bug].histories if bug in self.caught else 0

    def is_done(self, bug: str, *, most: int) -> bool:
        """Tell whether it was found, or may be looked for no longer."""
        return bug in self.caught and (self.caught[bug].is_found or self.told(bug) >= most)

    def take(self, caught: Caught) -> None:
        """Keep and show what one came to."""
        self.caught[caught.bug] = caught
        STATE.parent.mkdir(parents=True, exist_ok=True)
        rows = [asdict(each) for each in self.caught.values()]
        STATE.write_text(json.dumps({"code": self.code, "caught": rows}))
        show(caught)


def show(caught: Caught) -> None:
    """Print one line."""
    how = f"found in history {caught.histories} by {caught.checks}" if caught.is_found else (
        f"not found in {caught.histories} histories")  # fmt: skip
    print(f"{caught.bug}: {how}", flush=True)


def write(caught: Sequence[Caught]) -> None:
    """Write the table between the marks of the page."""
    found = [each.histories for each in caught if each.is_found]
    looked_for = sum(each.histories > 0 for each in caught)
    lines = [
        f"Of {len(caught)} bugs, {looked_for} were planted and {len(found)} found, the last of them"
        f" in history {max(found, default=0):,}; on {_machine()}, {datetime.now(tz=UTC):%d %B %Y}.",
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
    when = when if caught.histories else "not planted yet"
    return f"| {bug.name} | `{bug.path}` | {bug.words} | {when} | {caught.checks} |"


def _machine() -> str:
    return f"{platform.system()} {platform.machine()} with {os.cpu_count()} processors"

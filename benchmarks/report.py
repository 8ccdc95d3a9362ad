"""The figures: printed as a table and written as JSON."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured value beside its yardstick. `target` is the least acceptable ratio, as text."""

    name: str
    value: float
    unit: str
    yardstick: str
    yardstick_value: float
    ratio: float
    target: str
    met: bool | None  # None: shown for comparison, nothing is asked of it


def write(figures: list[Figure], *, path: Path) -> None:
    """Write the figures as a list of objects."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")


def show(figures: list[Figure]) -> None:
    """Print the figures as a table."""
    header = ("what", "value", "unit", "yardstick", "its value", "ratio", "target", "met")
    rows = [header] + [
        (
            figure.name,
            f"{figure.value:,.1f}",
            figure.unit,
            figure.yardstick,
            f"{figure.yardstick_value:,.1f}",
            f"{figure.ratio:.2f}",
            figure.target,
            {True: "yes", False: "NO", None: "-"}[figure.met],
        )
        for figure in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))

"""What is started: program, settings, and in which order it ends."""

import sys
from dataclasses import dataclass

from nannychain.supervisor import defaults
from nannychain.supervisor.defaults import Surroundings

QUEUES = "default,sms"


@dataclass(frozen=True)
class Program:
    """One program: its name, command and environment."""

    name: str
    command: list[str]
    environment: dict[str, str]


def all_programs(surroundings: Surroundings) -> list[Program]:
    """Return all programs, in the order in which they end: first whoever brings in new work."""
    settings = surroundings.settings
    beat = surroundings.data / "beat"
    beat.mkdir(exist_ok=True)
    web = ["gunicorn", "-c", "config/gunicorn.py", "config.wsgi"]
    scheduler = ["celery", "-A", "config", "beat", "-s", str(beat / "schedule"), "--pidfile="]
    worker = ["celery", "-A", "config", "worker", "-P", "threads", "-c", "4", "-Q", QUEUES]
    return [
        _python("web", web, defaults.sealing_only(settings)),
        _python("beat", scheduler, defaults.sealing_only(settings)),
        _python("worker", [*worker, "--without-gossip", "--without-mingle"], settings),
        Program(
            "simulators",
            [sys.executable, "-m", "simulators"],
            defaults.for_simulators(surroundings),
        ),
    ]


def _python(name: str, module: list[str], settings: dict[str, str]) -> Program:
    return Program(name, [sys.executable, "-m", *module], {**settings, "NANNYCHAIN_PROCESS": name})

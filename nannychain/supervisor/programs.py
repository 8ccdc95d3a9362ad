"""What is started, with which settings, and how long each may take to end."""

import sys
from dataclasses import dataclass

from nannychain.supervisor import defaults
from nannychain.supervisor.defaults import Surroundings

QUEUES = "default,sms"


@dataclass(frozen=True, kw_only=True)
class Program:
    """One program; `stop_seconds` after being asked to end, or sooner in a hurry, it is killed."""

    name: str
    command: list[str]
    environment: dict[str, str]
    stop_seconds: float


def all_programs(surroundings: Surroundings) -> list[Program]:
    """Return all programs, in the order in which they end: first whoever brings in new work."""
    settings = surroundings.settings
    sealing = defaults.sealing_only(settings)
    schedule = str(surroundings.data / "beat" / "schedule")
    celery = ("celery", "-A", "config")
    return [
        _ours("web", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi", settings=sealing),
        _ours("beat", *celery, "beat", "-s", schedule, "--pidfile=", settings=sealing),
        _ours(
            "worker",
            *(*celery, "worker", "-P", "threads", "-c", "8", "-Q", QUEUES),
            *("--without-gossip", "--without-mingle"),  # there is no other worker to talk to
            settings=settings,
        ),
        Program(
            name="simulators",
            command=[sys.executable, "-m", "simulators"],
            environment=defaults.for_simulators(surroundings),
            stop_seconds=2,
        ),
    ]


def _ours(name: str, *module: str, settings: dict[str, str]) -> Program:
    return Program(
        name=name,
        command=[sys.executable, "-m", *module],
        environment={**settings, "NANNYCHAIN_PROCESS": name},
        stop_seconds={"web": 4, "beat": 3, "worker": 4}[name],
    )

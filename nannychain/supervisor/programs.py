"""What is started, with which settings, and how long each may take to end."""

import sys
from dataclasses import dataclass

from nannychain.supervisor import defaults
from nannychain.supervisor.defaults import Surroundings

# Each worker's queues and threads. What waits for one provider never keeps another one waiting, and
# the keys are where they are needed: codes in SMS are sealed, and only the signer signs.
WORKERS = {
    "worker": ("default", 8),
    "mpesa": ("mpesa", 8),
    "stellar": ("stellar", 8),
    "sms": ("sms", 8),
    "signer": ("signer", 2),
}


_KINDS = {"web": 4, "beat": 3}  # and seconds to end; all others are workers


@dataclass(frozen=True, kw_only=True)
class Program:
    """One program; `stop_seconds` after being asked to end, or sooner in a hurry, it is killed.

    Programs of one stage are asked to end together, those of a later one when they have ended.
    """

    name: str
    command: list[str]
    environment: dict[str, str]
    stop_seconds: float
    stage: int = 1


def all_programs(surroundings: Surroundings) -> list[Program]:
    """Return all programs, in the order in which they end.

    First whoever brings in new work, then the workers, then whom they call.
    """
    settings = surroundings.settings
    sealing = defaults.sealing_only(settings)
    schedule = str(surroundings.data / "beat" / "schedule")
    celery = ("celery", "-A", "config")
    keys = {
        "worker": sealing,
        "mpesa": sealing,
        "stellar": sealing,
        "sms": defaults.without_funding_secret(settings),
        "signer": settings,
    }
    return [
        _ours("web", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi", settings=sealing),
        _ours("beat", *celery, "beat", "-s", schedule, "--pidfile=", settings=sealing),
        *(
            _ours(
                name,
                *(*celery, "worker", "-n", f"{name}@%h"),
                *("-P", "threads", "-c", str(threads), "-Q", queues),
                *("--without-gossip", "--without-mingle"),  # they have nothing to tell each other
                settings=keys[name],
            )
            for name, (queues, threads) in WORKERS.items()
        ),
        Program(
            name="simulators",
            command=[sys.executable, "-m", "simulators"],
            environment=defaults.for_simulators(surroundings),
            stop_seconds=2,
            stage=3,
        ),
    ]


def _ours(name: str, *module: str, settings: dict[str, str]) -> Program:
    return Program(
        name=name,
        command=[sys.executable, "-m", *module],
        environment={**settings, "NANNYCHAIN_PROCESS": name if name in _KINDS else "worker"},
        stop_seconds=_KINDS.get(name, 4),
        stage=1 if name in _KINDS else 2,
    )

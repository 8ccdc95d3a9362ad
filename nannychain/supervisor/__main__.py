"""The entry: `python -m nannychain.supervisor [clean]`."""

import errno
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from nannychain import embedded
from nannychain.embedded import user
from nannychain.embedded.process import FolderLock
from nannychain.supervisor import defaults, programs, steps
from nannychain.supervisor.children import Child
from nannychain.supervisor.defaults import Surroundings
from nannychain.supervisor.screen import Trouble, say, step, table

END_SECONDS_MAX = 6.0
_LOOK_SECONDS = 0.5


class Stopped(BaseException):
    """Somebody asked us to stop; not an error, so nothing that catches errors catches it."""


def main(arguments: list[str]) -> int:
    """Run, or forget everything; return the exit code."""
    data = defaults.data_folder()
    try:
        if arguments == ["clean"]:
            return clean(data)
        return run(data)
    except embedded.AlreadyRunning as error:
        say(f"NannyChain runs already. {error}")
    except (Trouble, embedded.EmbeddedError) as error:
        say(str(error))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            say(f"The disk that holds {data} is full.")
        else:
            say(f"{error.filename or data}: {error.strerror}.")
    return 1


def run(data: Path) -> int:
    """Set up, start, watch until asked to stop, and stop."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    steps.private_folders(data)
    lock = FolderLock(data / "run")
    children: list[Child] = []
    servers: list[embedded.Servers] = []
    try:
        say("NannyChain")
        told, surroundings = _set_up(data, children=children, servers=servers)
        _show(surroundings, told)
        while True:
            time.sleep(_LOOK_SECONDS)
            for child in children:
                child.look_after()
    except Stopped:
        return 0
    finally:
        _end(children, servers)
        lock.release()


def _set_up(
    data: Path, *, children: list[Child], servers: list[embedded.Servers]
) -> tuple[dict[str, Any], Surroundings]:
    """Do all steps, noting what was started in the given lists so that it can be stopped."""
    with step("Settings and secrets"):
        surroundings = defaults.gather(data)
        settings = surroundings.settings
        started = [Child(one, data=data) for one in programs.all_programs(surroundings)]
        for child in started:
            child.reap_leftover()
        steps.check_ports(surroundings)
    with step("PostgreSQL and Valkey"):
        started_servers, owner_url = steps.start_servers(surroundings)
        servers += [started_servers] if started_servers else []
    with step("Translations"):
        steps.manage(["compile_translations"], settings=settings)
    with step("Migrations", note="a few seconds the first time"):
        steps.manage(["migrate", "--no-input"], settings={**settings, "DATABASE_URL": owner_url})
    with step("Demo data"):
        told = steps.seed(surroundings)
    with step("Web, worker, beat and simulators"):
        # Once more, since the addresses of the servers are known only now.
        children += [Child(one, data=data) for one in programs.all_programs(surroundings)]
        for child in children:
            child.start()
        steps.wait_until_ready(surroundings, children)
    return told, surroundings


def _show(surroundings: Surroundings, told: dict[str, Any]) -> None:
    phones = ", ".join(told.get("phones", []))
    rows = [
        ("Browser phone", f"{surroundings.simulators_url}/phone"),
        (
            "  dial",
            f"{surroundings.settings['USSD_SERVICE_CODE']}" + f" from {phones}" * bool(phones),
        ),
        ("Admin", f"{surroundings.base_url}/admin/"),
    ]
    if admin := told.get("admin"):
        rows.append(("  sign in", f"{admin['phone']} with {admin['password']}"))
    rows += [
        ("USSD gateway", f"{surroundings.base_url}/ussd"),
        ("Health", f"{surroundings.base_url}/health/ready"),
        ("Faults at will", f"{surroundings.simulators_url}/control/faults"),
        ("Logs", str(surroundings.data / "logs")),
    ]
    table(rows)
    say("Ready. Ctrl-C stops everything.")


def _end(children: list[Child], servers: list[embedded.Servers]) -> None:
    """End all within ten seconds: the programs in their order, then the servers they use."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if children or servers:
        say("\nStopping …")
    deadline = time.monotonic() + END_SECONDS_MAX
    for child in children:
        child.ask_to_end()
    for child in children:
        child.end(deadline=deadline)
    for pair in servers:
        pair.stop()


def clean(data: Path) -> int:
    """Forget all state; refuse while it is in use."""
    if data.exists():
        FolderLock(data / "run").release()
    folders = [data, user.elsewhere(data / "servers" / "postgres")]
    for folder in folders:
        if folder.exists():
            shutil.rmtree(folder)
            say(f"{folder} is gone.")
    return 0


def _stop(_: int, __: FrameType | None) -> None:
    raise Stopped


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

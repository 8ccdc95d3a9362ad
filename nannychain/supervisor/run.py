"""`make run`, from the first step to the last goodbye."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

from nannychain import embedded
from nannychain.embedded.folders import FolderLock, make_private, write_private
from nannychain.supervisor import data as data_folder
from nannychain.supervisor import defaults, playing, programs, steps
from nannychain.supervisor.children import Child, end_leftovers
from nannychain.supervisor.defaults import Surroundings
from nannychain.supervisor.screen import Trouble, say, step, table
from nannychain.supervisor.stopping import Stopped, StopRequest
from nannychain.supervisor.watch import Watch

LOOK_SECONDS = 0.5
ADDRESSES = "addresses.json"
SETTINGS = "settings.json"
_FOLDERS = ("logs", "run", "beat", "simulators")


def main() -> int:
    """Run until asked to stop; return the exit code. Whatever happens, everything is stopped."""
    request = StopRequest()
    request.listen()
    try:
        run(data_folder.folder(), request=request)
    except Stopped:
        pass
    except (Trouble, embedded.EmbeddedError) as error:
        say(f"\n{error}")
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        say("\nThe disk is full.")
        return 1
    return 0


def run(data: Path, *, request: StopRequest) -> None:
    """Set up, start, and watch until asked to stop."""
    make_private(data)
    lock = _only_one(data)
    watch = Watch()
    try:
        surroundings, demo = _set_up(data, watch=watch, request=request)
        write_private(data / ADDRESSES, _addresses(surroundings))
        write_private(data / SETTINGS, surroundings.for_commands)
        _show(surroundings, demo=demo, watch=watch)
        # Whoever waits for us may begin: the history comes beside.
        manage = steps.Manage(surroundings, request=request)
        if note := playing.play(surroundings, manage=manage):
            say(f"Demo history {note}")
        while not request.wait(LOOK_SECONDS):
            watch.look()
    finally:
        if watch.servers or watch.children:
            say("\nStopping …")
        watch.stop(request)
        for file in (ADDRESSES, SETTINGS):
            (data / file).unlink(missing_ok=True)
        lock.release()
        say("Everything is stopped.")


def _only_one(data: Path) -> FolderLock:
    lock = FolderLock(data / "supervisor.lock")
    if not lock.take(wait_seconds=1):
        holder = lock.holder()
        who = f" (pid {holder.pid})" if holder else ""
        raise Trouble(f"NannyChain runs already{who}: stop that first, with Ctrl-C where it runs.")
    return lock


def _set_up(
    data: Path, *, watch: Watch, request: StopRequest
) -> tuple[Surroundings, dict[str, Any]]:
    say("NannyChain starts")
    with step("Settings and secrets"):
        for name in _FOLDERS:
            make_private(data / name)
        surroundings = defaults.gather(data)
        end_leftovers(data)
        steps.check_ports(surroundings)
        steps.make_certificate(surroundings)
    settings = surroundings.settings
    with step("Databases", note=_about_databases(surroundings)):
        owner_url = steps.start_servers(surroundings, watch)
    request.check()
    manage = steps.Manage(surroundings, request=request)
    with step("Migrations"):
        manage("migrate", "--no-input", settings={**settings, "DATABASE_URL": owner_url})
    with step("Translations"):
        manage("compile_translations")
    with step("Demo data"):
        demo = steps.seed(surroundings, manage=manage)
    with step("Web, worker, beat and simulators", note="some seconds"):
        for program in reversed(programs.all_programs(surroundings)):
            watch.add_child(Child(program, data=data, mask=surroundings.mask))
        watch.children.reverse()
        steps.wait_until_ready(surroundings, watch=watch, request=request)
    watch.speak_up()
    return surroundings, demo


def _about_databases(surroundings: Surroundings) -> str:
    given = [name for name in ("DATABASE_URL", "REDIS_URL") if surroundings.settings.get(name)]
    if given:
        return f"{' and '.join(given)} as given"
    is_known = (surroundings.data / "postgres" / "state.json").exists()
    return "" if is_known else "made the first time"


def _addresses(surroundings: Surroundings) -> dict[str, str]:
    return {
        "phone": f"{surroundings.simulators_url}/phone",
        "admin": f"{surroundings.base_url}/admin/",
        "health": f"{surroundings.base_url}/health/ready",
        "simulators": f"{surroundings.simulators_url}/control",
    }


def _show(surroundings: Surroundings, *, demo: dict[str, Any], watch: Watch) -> None:
    addresses = _addresses(surroundings)
    rows = [("Browser phone", addresses["phone"])]
    if phones := demo.get("phones"):
        code = surroundings.settings["USSD_SERVICE_CODE"]
        rows.append(("  dial", f"{code} from {' or '.join(phones)}"))
    rows.append(("Admin", addresses["admin"]))
    if admin := demo.get("admin"):
        rows.append(("  sign in", f"{admin['phone']}, password {admin['password']}"))
        rows.append(("  its code", "from an app, or: .venv/bin/python manage.py demo_code"))
    rows += [
        ("Health", addresses["health"]),
        ("Faults at will", addresses["simulators"]),
        ("Full logs", str(surroundings.data / "logs")),
    ]
    for watched in watch.servers:
        if isinstance(watched.one, embedded.Postgres) and watched.one.outside:
            rows.append(("Database files", str(watched.one.outside)))
    table(rows)
    say("Ready. Ctrl-C stops everything.")

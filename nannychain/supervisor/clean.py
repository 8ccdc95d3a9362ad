"""`make clean`: forgets all state. It needs no packages, so that it works without the venv."""

import shutil

from nannychain.embedded.errors import EmbeddedError
from nannychain.embedded.folders import FolderLock, disk_errors
from nannychain.embedded.places import outside_of
from nannychain.supervisor import data as data_folder
from nannychain.supervisor.screen import say


def main() -> int:
    """Remove the data folder and what the database has outside; refuse while anything runs."""
    try:
        return clean()
    except EmbeddedError as error:
        say(str(error))
        return 1


def clean() -> int:
    """Do it; return the exit code."""
    data = data_folder.folder()
    outside = outside_of(data / "postgres")
    places = [data / "supervisor.lock", data / "postgres" / "lock", data / "valkey" / "lock"]
    locks = [FolderLock(place) for place in places if place.exists()]
    try:
        for lock in locks:
            if not lock.take(wait_seconds=1):
                raise EmbeddedError("NannyChain is running: stop it first, then clean.")
        with disk_errors():
            for folder in (outside, data):
                if folder.exists():
                    shutil.rmtree(folder)
                    say(f"{folder} is gone.")
    finally:
        for lock in locks:
            lock.release()
    return 0

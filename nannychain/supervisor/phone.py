"""`make phone`: shows the address of the browser phone, and opens it where there is a desktop."""

import os
import sys
import webbrowser

from nannychain.embedded.folders import FolderLock, read_private
from nannychain.supervisor import data as data_folder
from nannychain.supervisor.screen import say


def main() -> int:
    """Print the address of the running phone; return 1 where nothing runs."""
    data = data_folder.folder()
    address = read_private(data / "addresses.json").get("phone")
    if not address or not FolderLock(data / "supervisor.lock").holder():
        say("NannyChain does not run. Start it with `make run`.")
        return 1
    say(address)
    has_desktop = sys.platform == "darwin" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    if has_desktop:
        webbrowser.open(address)
    return 0

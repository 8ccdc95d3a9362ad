"""Valkey (which speaks Redis) on one folder."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path
from typing import ClassVar

from nannychain.embedded import binaries
from nannychain.embedded.folders import disk_errors
from nannychain.embedded.server import HOST, Server

_TIMEOUT_SECONDS = 2


class Valkey(Server):
    """One Valkey with a password. A durable one writes each change to disk within a second."""

    name: ClassVar[str] = "valkey"
    title: ClassVar[str] = "Valkey"
    polite: ClassVar[signal.Signals] = signal.SIGTERM

    @property
    def url(self) -> str:
        """Return the address of its first database."""
        return f"redis://:{self._state['password']}@{HOST}:{self.port}/0"

    def _command(self) -> list[str]:
        """Write the settings, with the password, where only we can read them; return the command.

        The file is in the folder where Valkey works, so no path has to be quoted for it.
        """
        settings = {
            "bind": HOST,
            "port": self.port,
            "requirepass": self._state["password"],
            "dir": f'"{_escaped(self.home)}"',
            "daemonize": "no",
            "logfile": '""',
            "save": '""',
            "appendonly": "yes" if self.durable else "no",
            "maxmemory-policy": "noeviction",
        }
        path = self.home / "valkey.conf"
        with disk_errors():
            path.unlink(missing_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                file.writelines(f"{name} {value}\n" for name, value in settings.items())
        return [str(binaries.valkey_server()), str(path)]

    def _is_ready(self) -> bool:
        """Tell whether it answers to the password; while it reads its files it says LOADING."""
        try:
            with socket.create_connection((HOST, self.port), timeout=_TIMEOUT_SECONDS) as link:
                link.sendall(f"AUTH {self._state['password']}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:
                    received = link.recv(1024)
                    if not received:
                        return False
                    answer += received
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"


def _escaped(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')

"""`python -m simulators`: serve the simulators until SIGTERM or Ctrl-C."""

import os
import sys

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from simulators.app import create_app
from simulators.settings import InvalidSetting, Settings, from_environment


class _Server(BaseApplication):  # type: ignore[misc]
    """One worker with many threads: the state is in this process, and slow faults hold threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        options = {
            "bind": f"{host}:{self._settings.port}",
            "workers": 1,
            "worker_class": "gthread",
            "threads": 64,
            "keepalive": 15,
            "graceful_timeout": 1,  # `make run` gives two seconds, and then kills
            "control_socket_disable": True,
            "loglevel": "warning",
            "proc_name": "simulators",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return create_app(self._settings)


def main() -> None:
    """Read the environment and serve; exit with one sentence when a setting is malformed."""
    try:
        settings = from_environment(os.environ)
    except InvalidSetting as error:
        sys.exit(f"simulators: {error}")
    _Server(settings).run()


if __name__ == "__main__":
    main()

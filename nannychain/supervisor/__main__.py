"""The entry: `python -m nannychain.supervisor [run | clean | phone]`."""

import importlib
import sys

COMMANDS = ("run", "clean", "phone")


def main(arguments: list[str]) -> int:
    """Do one command. Each is imported alone: `clean` works where no package is installed."""
    command = arguments[0] if arguments else "run"
    if command not in COMMANDS or len(arguments) > 1:
        sys.stderr.write(f"usage: python -m nannychain.supervisor [{' | '.join(COMMANDS)}]\n")
        return 2
    code: int = importlib.import_module(f"nannychain.supervisor.{command}").main()
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

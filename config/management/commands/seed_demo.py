"""`manage.py seed_demo`: people and money to try things with, for `make run`."""

import json
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import demo
from nannychain import phone as phones

PASSWORD_FILE = "demo-admin-password"  # noqa: S105 - the name of the file


class Command(BaseCommand):
    """Makes staff for the admin and two members with money. Running it twice changes nothing."""

    help = "Make demo people. For trials only: refused in production and outside sandbox mode."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the form of the answer, the folder of the password, and whether M-Pesa is ours."""
        parser.add_argument("--json", action="store_true", help="answer with one JSON object")
        parser.add_argument(
            "--data-folder",
            type=Path,
            default=settings.BASE_DIR / ".data",
            help="where the demo password is kept (%(default)s)",
        )
        parser.add_argument(
            "--history",
            action="store_true",
            help="pay something out, too: only where M-Pesa and SMS are simulated",
        )

    def handle(self, *, data_folder: Path, **options: Any) -> None:
        """Make what is missing and print how to sign in; raise CommandError where refused."""
        refuse_the_real_thing()
        password = _kept_password(data_folder / PASSWORD_FILE)
        demo.people(password)
        demo.money()
        if options["history"]:
            demo.history()
        answer = {
            "admin": {"phone": _spaced(demo.ADMIN_PHONE), "password": password},
            "phones": list(demo.UNKNOWN_PHONES),
            "payments": demo.payments(),
        }
        if options["json"]:
            self.stdout.write(json.dumps(answer))
        else:
            told = ", ".join(map(_spaced, demo.STAFF_PHONES))
            self.stdout.write(f"Admin: phone {told}; password {password}")
            self.stdout.write(f"Phones without an account: {', '.join(demo.UNKNOWN_PHONES)}")


def refuse_the_real_thing() -> None:
    """Raise CommandError in production, and outside sandbox mode."""
    if settings.SETTINGS_MODULE == "config.settings.production":
        raise CommandError("This is refused under the production settings.")
    if settings.OPERATING_MODE != "sandbox":
        raise CommandError("This needs OPERATING_MODE=sandbox.")


def _kept_password(path: Path) -> str:
    """Return the password in the file, which only its owner may read; make both if need be."""
    if path.exists():
        return path.read_text().strip()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    password = secrets.token_urlsafe(12)
    # Written aside and then renamed, so that a crash can't leave an empty password behind.
    aside = path.with_name(path.name + ".new")
    aside.touch(mode=0o600)
    aside.write_text(password + "\n")
    aside.rename(path)
    return password


def _spaced(e164: str) -> str:
    digits = phones.national(e164)
    return f"{digits[:4]} {digits[4:7]} {digits[7:]}"

"""`manage.py seed_demo`: people to try things with, for `make run`."""

import json
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from nannychain import phone as phones
from workers.identity import services, staff
from workers.identity.models import Member
from workers.identity.second_factor import services as second_factor

ADMIN_PHONE = "+254700000001"
MEMBERS = (
    ("+254700000002", "Wanjiku Kamau", "sw"),
    ("+254700000003", "Achieng Otieno", "en"),
)
# The browser phone offers these. They belong to nobody, so that each can open an account.
UNKNOWN_PHONES = ("+254712345678", "+254722000111")
PASSWORD_FILE = "demo-admin-password"  # noqa: S105 - the name of the file


class Command(BaseCommand):
    """Makes a superuser for the admin and two members. Running it twice changes nothing."""

    help = "Make demo people. For trials only: refused in production and outside sandbox mode."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the form of the answer and the folder of the password."""
        parser.add_argument("--json", action="store_true", help="answer with one JSON object")
        parser.add_argument(
            "--data-folder",
            type=Path,
            default=settings.BASE_DIR / ".data",
            help="where the demo password is kept (%(default)s)",
        )

    def handle(self, *, data_folder: Path, **options: Any) -> None:
        """Make what is missing and print how to sign in; raise CommandError where refused."""
        refuse_the_real_thing()
        password = _kept_password(data_folder / PASSWORD_FILE)
        _make_admin(password)
        for phone, name, language in MEMBERS:
            services.create_account(
                phone, name=name, language=language, channel="demo", send_sms=False
            )
        answer = {
            "admin": {"phone": _spaced(ADMIN_PHONE), "password": password},
            "phones": list(UNKNOWN_PHONES),
        }
        if options["json"]:
            self.stdout.write(json.dumps(answer))
        else:
            self.stdout.write(f"Admin: phone {_spaced(ADMIN_PHONE)}, password {password}")
            self.stdout.write(f"Phones without an account: {', '.join(UNKNOWN_PHONES)}")


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


def _make_admin(password: str) -> Member:
    account = services.create_account(
        ADMIN_PHONE, name="Demo admin", channel="demo", send_sms=False
    )
    member = account.member
    if not (member.is_superuser and member.check_password(password)):
        staff.appoint(member, password=password, is_superuser=True)
    second_factor.invite(member)
    return member


def _spaced(e164: str) -> str:
    digits = phones.national(e164)
    return f"{digits[:4]} {digits[4:7]} {digits[7:]}"

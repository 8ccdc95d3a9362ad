"""`manage.py rotate_keys`: seal every secret anew under the newest key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from nannychain.sealing import rotation
from nannychain.sealing.rotation import BATCH_ROWS, CannotRotate, Progress


class Command(BaseCommand):
    """Rotates keys: give the new key as ENCRYPTION_KEY and the one before in ENCRYPTION_KEYS_OLD.

    First restart the other processes with the new key (or its public half), or they go on sealing
    under the one before. Safe to stop at any moment and to run again. Exit code 0 says that nothing
    is left under an old key, which may then be taken out of ENCRYPTION_KEYS_OLD.
    """

    help = "Seal every secret under the newest key (ENCRYPTION_KEY). Can be stopped and run again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the size of a batch."""
        parser.add_argument(
            "--batch", type=int, default=BATCH_ROWS, help="rows in one transaction (%(default)s)"
        )

    def handle(self, *, batch: int, **_: Any) -> None:
        """Rotate, telling the progress; raise CommandError when something could not be rotated."""
        if batch < 1:
            raise CommandError("--batch must be 1 or more.")
        try:
            results = rotation.rotate(on_progress=self._tell, batch_rows=batch)
        except CannotRotate as error:
            raise CommandError(_why(error)) from None
        broken = [f"{result.holder} {row}" for result in results for row in sorted(result.broken)]
        if broken:
            raise CommandError(
                "These were left as they are, because their seal does not hold:\n"
                + "\n".join(broken)
            )
        self.stdout.write(self.style.SUCCESS("Everything is sealed under the newest key."))

    def _tell(self, progress: Progress) -> None:
        self.stdout.write(f"{progress.holder}: {progress.done:,} of {progress.total:,}")
        self.stdout.flush()


def _why(error: CannotRotate) -> str:
    if not error.missing:
        return "ENCRYPTION_KEY is missing: SEALING_PUBLIC_KEY alone can't open what is to rotate."
    lines = [
        f"{missing.holder}: {missing.rows:,} sealed under key {missing.key_id}, which is missing"
        for missing in error.missing
    ]
    return "\n".join(
        [
            *lines,
            "Nothing was changed. Add the missing keys to ENCRYPTION_KEYS_OLD; "
            "`manage.py sealing_key --ids` prints the ids of those that are set.",
        ]
    )

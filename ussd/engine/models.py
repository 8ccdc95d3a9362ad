"""What the engine keeps in PostgreSQL of its own: when a thing was last done in the same way."""

from django.db import models


class ScreenFigure(models.Model):
    """What was counted of one screen on one day in Nairobi."""

    day = models.DateField()
    screen = models.CharField(max_length=60)
    began = models.PositiveIntegerField("sessions begun", default=0)
    shown = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField("gone on from", default=0)
    wrong = models.PositiveIntegerField("wrong inputs", default=0)
    ended = models.PositiveIntegerField("sessions ended", default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "screen"], name="screen_figure_once")]

    def __str__(self) -> str:
        return f"{self.screen} on {self.day}"

    @property
    def given_up(self) -> int:
        """How often the screen was shown and nothing came after it, so far."""
        return max(0, self.shown - self.left)


class SessionFigure(models.Model):
    """How many sessions of one day in Nairobi took so many seconds or hops at most.

    Those that we have ended we have timed; of those that were dropped, gateways tell afterwards.
    """

    class What(models.TextChoices):
        """What was measured, and who ended the session."""

        SECONDS = "seconds", "seconds to the end"
        HOPS = "hops", "hops to the end"
        DROPPED_SECONDS = "dropped_seconds", "seconds until it was dropped"
        DROPPED_HOPS = "dropped_hops", "hops until it was dropped"

    day = models.DateField()
    what = models.CharField(max_length=20, choices=What.choices)
    upto = models.PositiveSmallIntegerField("at most")
    sessions = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()  # the page of the screens' figures shows them
        constraints = [
            models.UniqueConstraint(fields=["day", "what", "upto"], name="session_figure_once")
        ]

    def __str__(self) -> str:
        return f"{self.what} up to {self.upto} on {self.day}"


class Twin(models.Model):
    """One thing that may be done twice by mistake (`what` is a keyed hash), and when it was last.

    `done_at` is empty until it has been done.
    """

    what = models.CharField(max_length=32, unique=True)
    done_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        default_permissions = ()  # nobody looks at it; sessions themselves are in Redis
        permissions = (
            ("view_sessions", "Can see where sessions stand, and what waits"),
            ("clear_sessions", "Can end sessions, and work off what waits"),
        )

    def __str__(self) -> str:
        return self.what

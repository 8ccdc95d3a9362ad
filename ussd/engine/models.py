"""What the engine keeps in PostgreSQL of its own: when a thing was last done in the same way."""

from django.db import models


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

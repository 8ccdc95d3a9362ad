"""Under which identity PostgreSQL runs: it refuses root, and we neither create nor borrow users.

    same        not root: as we are
    namespace   root: as an ordinary number in a user namespace; files stay root's, nothing changes
    drop        root where namespaces are not permitted: as `nobody`, in folders outside the project

A namespace also serves users whom /etc/passwd doesn't know, as in some containers.
"""

import os
import pwd
from dataclasses import dataclass

from nannychain.embedded.errors import EmbeddedError


@dataclass(frozen=True, kw_only=True)
class Identity:
    """How a program is started; `uid` and `gid` are of no account for `same`."""

    kind: str
    uid: int = -1
    gid: int = -1

    def as_argument(self) -> str:
        """Return what the launcher understands."""
        return self.kind if self.kind == "same" else f"{self.kind}:{self.uid}:{self.gid}"


SAME = Identity(kind="same")


def candidates() -> list[Identity]:
    """Return the identities that this user may try, best first."""
    if os.geteuid() == 0:
        return [of_kind("namespace"), of_kind("drop")]
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        return [of_kind("namespace")]
    return [SAME]


def of_kind(kind: str) -> Identity:
    """Return the identity of that kind."""
    if kind == "same":
        return SAME
    user = _ordinary_user()
    return Identity(kind=kind, uid=user.pw_uid, gid=user.pw_gid)


def _ordinary_user() -> pwd.struct_passwd:
    """Return `nobody`, or else anybody but root: initdb wants a number that has a name."""
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        pass
    for user in pwd.getpwall():
        if user.pw_uid != 0:
            return user
    raise EmbeddedError(
        "PostgreSQL can't run as root, and /etc/passwd names no other user: "
        "run this as an ordinary user, or set DATABASE_URL."
    )

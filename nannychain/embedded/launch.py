"""Becomes another program, after tying itself to its parent and perhaps changing its identity.

    python -I -S launch.py <signal> <parent pid> <identity> <folder> <program> [<argument> …]

`signal` comes when the parent dies (0: never). `identity` is `same`, `namespace:<uid>:<gid>` (the
same user, under another number in a user namespace of its own) or `drop:<uid>:<gid>`. `folder`, if
not empty, must be writable under that identity. It is a script of its own, because doing this
between fork and exec of a program with threads isn't safe; for the same reason it imports nothing
of ours.
"""

import ctypes
import os
import sys

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38


def main(arguments: list[str]) -> None:
    """Take the identity, then the tie (a change of identity would undo it), then the program."""
    death_signal, parent, identity, folder, *command = arguments
    kind, *numbers = identity.split(":")
    if kind == "namespace":
        enter_namespace(uid=int(numbers[0]), gid=int(numbers[1]))
    elif kind == "drop":
        drop_to(uid=int(numbers[0]), gid=int(numbers[1]))
    if folder and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        sys.exit(f"{folder} is not writable as {identity}")
    if int(death_signal) and sys.platform == "linux":
        control(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != int(parent):
            sys.exit("the parent died first")
    os.execv(command[0], command)  # noqa: S606


def enter_namespace(*, uid: int, gid: int) -> None:
    """Go on as `uid` in a new user namespace; for everybody outside we remain who we were."""
    outside_uid, outside_gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        sys.exit(f"user namespaces are not permitted: {os.strerror(ctypes.get_errno())}")
    for name, content in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {outside_uid} 1"),
        ("gid_map", f"{gid} {outside_gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(content)


def drop_to(*, uid: int, gid: int) -> None:
    """Give up root for good."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    control(PR_SET_NO_NEW_PRIVS, 1)


def control(option: int, value: int) -> None:
    """Set an attribute of this process, or end with the reason."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        sys.exit(f"prctl({option}) failed: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    main(sys.argv[1:])

"""What can go wrong, told in one clear sentence each. No secret is ever part of one."""


class EmbeddedError(Exception):
    """A server can't be started, found or stopped; the text says why and what helps."""


class AlreadyRunning(EmbeddedError):
    """Somebody else runs a server on this folder, and goes on undisturbed."""

"""What can go wrong with a request before any service has seen it."""

from django.utils.translation import gettext_lazy as _

from nannychain.errors import Conflict, Forbidden, Invalid, NannyChainError, NotFound, Unavailable


class Malformed(Invalid):
    """A body that is no JSON object, or a request that can't be read."""

    code = "api.malformed"
    message = _("The request can't be read. Send a JSON object.")


class InvalidInput(Invalid):
    """Fields that are missing or wrong; the answer names each."""

    code = "api.invalid_input"
    message = _("Some of what was sent can't be used. See `errors`.")


class SignInNeeded(NannyChainError):
    """No token came, and one is needed."""

    code = "api.sign_in_needed"
    message = _("Please sign in first.")


class TokenRefused(NannyChainError):
    """A token or API key that is wrong, has run out or was revoked."""

    code = "api.token_refused"
    message = _("This sign-in is no longer valid. Please sign in again.")


class NotAllowed(Forbidden):
    """The caller is known, and may not do this."""

    code = "api.not_allowed"
    message = _("You may not do this.")


class NoSuchThing(NotFound):
    """Nothing stands at this address, or nothing that the caller may see."""

    code = "api.not_found"
    message = _("There is nothing here.")


class WrongMethod(NannyChainError):
    """The address exists, and this can't be done with it."""

    code = "api.wrong_method"
    message = _("This can't be done here.")


class NotOffered(NannyChainError):
    """An `Accept` header that leaves out what we answer with."""

    code = "api.not_offered"
    message = _("Answers come as JSON.")


class NotJson(NannyChainError):
    """A body that says it is something else than JSON."""

    code = "api.not_json"
    message = _("Send JSON, with the header Content-Type: application/json.")


class TooLarge(NannyChainError):
    """A body that is larger than anything we ask for."""

    code = "api.too_large"
    message = _("That is too much at once.")


class KeyMissing(Invalid):
    """A POST that moves money came without an Idempotency-Key, or with an unusable one."""

    code = "api.idempotency_key_missing"
    message = _("Send a new Idempotency-Key header of 1 to 255 letters and digits.")


class StillRunning(Conflict):
    """The first request with this key is being worked on."""

    code = "api.still_running"
    message = _("This is being done right now. Ask again in a moment.")


class Broken(NannyChainError):
    """A fault of ours, which has been noted."""

    code = "api.broken"
    message = _("Something is broken on our side. It has been noted.")


class Away(Unavailable):
    """The database, or something else that we can't do without, is away."""

    code = "api.unavailable"
    message = _("This does not work right now. Please try again in a moment.")

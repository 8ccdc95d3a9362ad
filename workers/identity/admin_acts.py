"""The buttons on a member's page: what staff do about her, each with a reason."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import action

from nannychain.actors import Actor
from nannychain.approvals.asking import ask_page
from nannychain.staff.acting import actor
from nannychain.staff.acts import Act, act_page
from workers.identity import acts
from workers.identity.forms import LevelForm, NewPhoneForm
from workers.identity.models import Member
from workers.identity.standing import services as standing
from workers.identity.standing.states import State
from workers.identity.tokens import services as tokens
from workers.identity.two_people import FORGET_DEVICE, RELEASE_PHONE, RESET_PIN
from workers.kyc import services as kyc
from workers.kyc.levels import Level

FREEZE, UNFREEZE, BAN = "workers.freeze_member", "workers.unfreeze_member", "workers.ban_member"
SIGN_OUT, SET_LEVEL = "workers.sign_out_member", "workers.set_level"
ASK_PHONE_RELEASE = "workers.ask_phone_release"
ASK_PIN_RESET, ASK_DEVICE_RESET = "workers.ask_pin_reset", "workers.ask_device_reset"


class MemberActs:
    """Mixed into the member's admin. Each button leads to a page with a form for the reason."""

    actions_detail = (
        "freeze",
        "unfreeze",
        {
            "title": "More",
            "items": [
                "sign_out",
                "ban",
                "set_level",
                "ask_pin_reset",
                "ask_phone_release",
                "ask_device_reset",
            ],
        },
    )

    @action(description="Freeze", permissions=["freeze"], icon="lock")
    def freeze(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let nothing leave the member's wallet."""
        return self._act(
            request,
            object_id,
            title="Freeze",
            permission=FREEZE,
            sentences=("Money still comes in, and none can leave. The member is told by SMS.",),
            done="Frozen.",
            run=lambda member, reason, by: standing.freeze(member.pk, reason=reason, by=by),
        )

    @action(description="Unfreeze", permissions=["unfreeze"], icon="lock_open")
    def unfreeze(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let money leave again."""
        return self._act(
            request,
            object_id,
            title="Unfreeze",
            permission=UNFREEZE,
            sentences=("Money can leave again. The member is told by SMS.",),
            done="Open again.",
            run=lambda member, reason, by: standing.unfreeze(member.pk, reason=reason, by=by),
        )

    @action(description="Sign out everywhere", permissions=["sign_out"], icon="logout")
    def sign_out(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End the member's sessions."""
        return self._act(
            request,
            object_id,
            title="Sign out everywhere",
            permission=SIGN_OUT,
            sentences=("All devices of the member have to sign in again.",),
            done="Signed out.",
            run=lambda member, reason, by: tokens.close_all(
                member.pk, why=f"staff: {reason}"[:60], by=by
            ),
        )

    @action(description="Ban", permissions=["ban"], icon="block")
    def ban(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Freeze, and end all sessions."""
        return self._act(
            request,
            object_id,
            title="Ban",
            permission=BAN,
            sentences=("The account is frozen, and all sessions end, in the admin too.",),
            done="Banned.",
            run=lambda member, reason, by: acts.ban(member.pk, reason=reason, by=by),
        )

    @action(description="Say how well she is known", permissions=["set_level"], icon="verified")
    def set_level(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Set the level, which decides the limits."""

        def run(cleaned: Mapping[str, Any]) -> str:
            by = actor(request)
            acts.refuse_own(member.pk, by=by)
            level = Level(int(cleaned["level"]))
            kyc.set_level(member.pk, level=level, reason=cleaned["reason"], by=by)
            return _page_of(member)

        member = _member(object_id)
        act = Act(
            title=f"Say how well {member} is known",
            button="Set",
            permission=SET_LEVEL,
            run=run,
            done="Set.",
            sentences=("How much money may lie and move depends on it.",),
            form=LevelForm,
        )
        return act_page(self, request, act)

    @action(description="Ask to reset the PIN", permissions=["ask_pin_reset"], icon="password")
    def ask_pin_reset(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask that the PIN is taken away, so that the member chooses another."""
        sentences = ("The member asks for it first, with a code by SMS to her phone.",)
        return ask_page(
            self,
            request,
            kind=RESET_PIN.code,
            subject=_member(object_id),
            sentences=sentences,
        )

    @action(
        description="Ask to let the number go",
        permissions=["ask_phone_release"],
        icon="phone_forwarded",
    )
    def ask_phone_release(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask that the member may take another number without a code to the old one."""
        sentences = (
            "For a member who has lost the old number. A code goes to the new one, which she has "
            "to show; the old number is told by SMS.",
        )
        return ask_page(
            self,
            request,
            kind=RELEASE_PHONE.code,
            subject=_member(object_id),
            sentences=sentences,
            form=NewPhoneForm,
        )

    @action(
        description="Ask to forget the device",
        permissions=["ask_device_reset"],
        icon="phonelink_erase",
    )
    def ask_device_reset(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask that a colleague's device for the second step is forgotten."""
        member = _member(object_id)
        if not member.is_staff:
            raise Http404
        sentences = ("For a colleague who has lost the device and the recovery codes.",)
        return ask_page(self, request, kind=FORGET_DEVICE.code, subject=member, sentences=sentences)

    # Who sees which button.

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Leave out what makes no sense for this member now."""
        offered = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        member = _find(object_id)
        if member is None:
            return []
        useless = {"unfreeze"} if member.standing.state == State.OPEN else {"freeze"}
        useless |= set() if member.is_staff else {"ask_device_reset"}
        return [each for each in offered if each.path not in useless]

    def has_freeze_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Ask the table of roles."""
        return bool(request.user.has_perm(FREEZE))

    def has_unfreeze_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Ask the table of roles."""
        return bool(request.user.has_perm(UNFREEZE))

    def has_ban_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Ask the table of roles."""
        return bool(request.user.has_perm(BAN))

    def has_sign_out_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Ask the table of roles."""
        return bool(request.user.has_perm(SIGN_OUT))

    def has_set_level_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Ask the table of roles."""
        return bool(request.user.has_perm(SET_LEVEL))

    def has_ask_pin_reset_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Ask the table of roles."""
        return bool(request.user.has_perm(ASK_PIN_RESET))

    def has_ask_phone_release_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Ask the table of roles."""
        return bool(request.user.has_perm(ASK_PHONE_RELEASE))

    def has_ask_device_reset_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Ask the table of roles."""
        return bool(request.user.has_perm(ASK_DEVICE_RESET))

    def _act(
        self,
        request: HttpRequest,
        object_id: str,
        *,
        run: Callable[[Member, str, Actor], object],
        title: str,
        **how: Any,
    ) -> HttpResponse:
        member = _member(object_id)

        def run_and_return(cleaned: Mapping[str, Any]) -> str:
            by = actor(request)
            acts.refuse_own(member.pk, by=by)
            run(member, cleaned["reason"], by)
            return _page_of(member)

        act = Act(
            title=f"{title}: {member}",
            button=title,
            run=run_and_return,
            is_dangerous=title in {"Freeze", "Ban"},
            **how,
        )
        return act_page(self, request, act)


def _member(object_id: str) -> Member:
    """Return the member; raise Http404."""
    member = _find(object_id)
    if member is None:
        raise Http404
    return member


def _find(object_id: object) -> Member | None:
    try:
        key = UUID(str(object_id))
    except ValueError:
        return None
    return Member.objects.select_related("standing").filter(pk=key).first()


def _page_of(member: Member) -> str:
    return reverse("admin:workers_member_change", args=[member.pk])

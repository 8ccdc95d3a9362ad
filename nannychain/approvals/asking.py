"""The page on which staff ask for an act that takes two. For the admin pages of all storeys."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.admin import ModelAdmin

from nannychain.approvals import kinds, services
from nannychain.staff.acting import actor
from nannychain.staff.acts import Act, act_page
from nannychain.staff.forms import ReasonForm


def ask_page(
    model_admin: ModelAdmin,
    request: HttpRequest,
    *,
    kind: str,
    subject: models.Model,
    sentences: tuple[str, ...] = (),
    form: type[forms.Form] = ReasonForm,
) -> HttpResponse:
    """Show the form, and ask when it is sent; then lead to the request.

    Whatever `form` holds beside `reason` becomes the payload. Raises PermissionDenied to who may
    not ask, and UnknownKind.
    """
    about = kinds.find(kind)

    def run(cleaned: Mapping[str, Any]) -> str:
        asked = services.ask(
            about.code,
            subject_type=subject._meta.label_lower,
            subject_id=subject.pk,
            payload={name: value for name, value in cleaned.items() if name != "reason"},
            by=actor(request),
            reason=cleaned["reason"],
        )
        return address(asked.pk)

    act = Act(
        title=f"{about.words.capitalize()}: {subject}",
        button="Ask for it",
        permission=about.asking_permission,
        run=run,
        done="Asked. Somebody else has to decide about it.",
        sentences=(*sentences, "Nothing happens until another member of staff approves it."),
        form=form,
    )
    return act_page(model_admin, request, act)


def address(request_id: object) -> str:
    """Return the address of a request's own page."""
    return reverse("admin:nannychain_approvalrequest_change", args=[request_id])

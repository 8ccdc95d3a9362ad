"""A page of the admin for one act: what it means, a form with the reason, and a button."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from nannychain.errors import Forbidden, NannyChainError, NotFound
from nannychain.staff import proving
from nannychain.staff.forms import ReasonForm


@dataclass(frozen=True, kw_only=True)
class Act:
    """What a person of the staff is about to do.

    `run` gets the cleaned form, calls one service, and returns the address to go on to.
    `permission` is `app.codename`. `sentences` say what will happen.
    """

    title: str
    button: str
    permission: str
    run: Callable[[Mapping[str, Any]], str]
    done: str
    sentences: tuple[str, ...] = ()
    is_dangerous: bool = False
    form: type[forms.Form] = field(default=ReasonForm)


def act_page(model_admin: ModelAdmin, request: HttpRequest, act: Act) -> HttpResponse:
    """Show the form, and do the act when it is sent; what hinders it is said on the form.

    Asks for a code first where the last one is old. Raises PermissionDenied to who may not do it,
    and Http404 where its subject is gone.
    """
    if not request.user.has_perm(act.permission):
        raise PermissionDenied
    if to_confirm := proving.missing(request, back=request.path):
        return to_confirm
    form, status = act.form(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        try:
            address = act.run(form.cleaned_data)
        except NotFound:
            raise Http404 from None
        except NannyChainError as error:
            form.add_error(None, str(error.message))
            status = 403 if isinstance(error, Forbidden) else 200
        else:
            messages.success(request, act.done)
            return HttpResponseRedirect(address)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "media": model_admin.media,
        "title": act.title,
        "act": act,
        "form": form,
    }
    return TemplateResponse(request, "nannychain/act.html", context, status=status)

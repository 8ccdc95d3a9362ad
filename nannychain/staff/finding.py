"""One box to find anything: what was typed is read as whatever it may be, and leads to pages.

The roof registers the finders. A finder whose permission a person lacks isn't asked, so that she
learns neither what there is nor that there is something. What is typed comes in the body of a
request, never in an address, where logs and histories would keep it. Each search is written down:
who looked, for whom or what, masked.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django import forms
from django.contrib import admin
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminTextInputWidget

from nannychain import audit, phone
from nannychain.errors import Invalid
from nannychain.logs.masking import MASK, mask_text
from nannychain.staff.acting import actor

TERM_LENGTH_MAX = 120
HITS_MAX = 50
_SHOWN = 4


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One thing that was found: what it is (`Withdrawal`), which one, how it stands, its page.

    `person` is the member that it is about, where it was found by something that is hers alone.
    """

    kind: str
    name: str
    words: str
    address: str
    person: models.Model | None = None


@dataclass(frozen=True, kw_only=True)
class Finder:
    """One way to read what was typed. `permission` (`app.codename`) is what the pages need.

    `find` makes one query or two along an index, and none where the text can't be meant.
    """

    permission: str
    find: Callable[[str], Iterable[Hit]]


class TermForm(forms.Form):
    """What to look for."""

    term = forms.CharField(
        label="Look for",
        max_length=TERM_LENGTH_MAX,
        widget=UnfoldAdminTextInputWidget(
            {
                "autocomplete": "off",
                "type": "search",
                "autofocus": True,
                "placeholder": "Phone, Worker ID, receipt, hash or reference",
            }
        ),
    )


_finders: list[Finder] = []


def register(finders: Iterable[Finder]) -> None:
    """Take the table of all ways to find something."""
    _finders[:] = finders


def registered() -> tuple[Finder, ...]:
    """Return all ways, in the order of the table."""
    return tuple(_finders)


def page(request: HttpRequest) -> HttpResponse:
    """Show the box, and below it what was found of what was sent; only to staff."""
    form = TermForm(request.POST or None)
    context = {
        **admin.site.each_context(request),
        "title": "Find",
        "form": form,
        "was_sent": request.method == "POST",
    }
    if request.method == "POST" and form.is_valid():
        context["hits"] = search(form.cleaned_data["term"], request=request)
    answer = TemplateResponse(request, "nannychain/find.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def search(term: str, *, request: HttpRequest) -> list[Hit]:
    """Return what this person may see of what the text may mean, and write down that she looked."""
    hits = list(_hits(term.strip(), request))[:HITS_MAX]
    people = {hit.person.pk: hit.person for hit in hits if hit.person is not None}
    by = actor(request)
    with transaction.atomic():
        for subject in list(people.values()) or [_self(request)]:
            audit.record(
                "staff.searched",
                subject=subject,
                actor_id=by.id,
                actor=by.name,
                after={"for": masked(term.strip()), "found": len(hits)},
                channel="admin",
            )
    return hits


def masked(term: str) -> str:
    """Return what was typed so that it tells a colleague what was meant, and no more."""
    try:
        return phone.mask(phone.parse(term))
    except Invalid:
        pass
    if mask_text(term) != term:  # somebody has pasted a secret
        return MASK
    if len(term) <= 2 * _SHOWN:
        return f"{term[:1]}…" if term else ""
    return f"{term[:_SHOWN]}…{term[-_SHOWN:]}"


def _hits(term: str, request: HttpRequest) -> Iterator[Hit]:
    seen: set[str] = set()
    for finder in _finders:
        if not request.user.has_perm(finder.permission):
            continue
        for hit in finder.find(term):
            if hit.address not in seen:
                seen.add(hit.address)
                yield hit


def _self(request: HttpRequest) -> models.Model:
    # Nobody was found: then it is noted with who looked.
    assert isinstance(request.user, models.Model)
    return request.user

"""The admin site, whose sign-in has two steps. Nobody is signed in by half.

The first step, phone and password, only notes in the session who is about to sign in. The second,
a code, signs in; so `request.user` is nobody until both are passed, wherever one asks. There is no
other door to the admin.
"""

import time
from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import login
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from unfold.sites import UnfoldAdminSite

from nannychain.staff import finding, front, proving
from nannychain.staff.acting import actor
from workers.identity import signing_in
from workers.identity.models import Member
from workers.identity.second_factor import pictures, selectors, services
from workers.identity.second_factor.forms import CodeForm

SESSION_LASTS_SECONDS = 12 * 3600
_PENDING_LASTS_SECONDS = 600
_TOUCH_SECONDS = 60
_PENDING, _SINCE, _TOUCHED = "signing_in", "signed_in_at", "touched_at"
_BACKEND = "django.contrib.auth.backends.ModelBackend"
_CODE_HELP = "The six digits that your app shows, or one of your recovery codes."


class FirstStep(LoginView):
    """Phone and password: notes who is about to sign in, and goes on to the second step."""

    next_page = "admin:index"

    def form_valid(self, form: Any) -> HttpResponse:
        """Note who it is."""
        self.request.session.cycle_key()
        self.request.session[_PENDING] = {
            "member": str(form.get_user().pk),
            "at": int(time.time()),
            "next": self.get_success_url(),
        }
        return HttpResponseRedirect(reverse("admin:second_step"))

    def form_invalid(self, form: Any) -> HttpResponse:
        """Write down the failure."""
        tried = signing_in.username(self.request, None)
        signing_in.note_failure(self.request, phone=tried, step="password")
        return super().form_invalid(form)


class StaffSite(UnfoldAdminSite):
    """The admin, for staff who have passed both steps."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in active staff, for as long as a session may last, however busy it is."""
        now, since = int(time.time()), request.session.get(_SINCE)
        if since is not None:
            if now - since >= SESSION_LASTS_SECONDS:
                return False
            if now - request.session.get(_TOUCHED, since) >= _TOUCH_SECONDS:
                request.session[_TOUCHED] = now  # which prolongs it
        return bool(super().has_permission(request))

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show what needs a person, and how things stand; only to staff, as `get_urls` sees to."""
        context = {
            **self.each_context(request),
            **front.context(request),
            "title": "Front page",
            **(extra_context or {}),
        }
        request.current_app = self.name
        return TemplateResponse(request, "nannychain/front.html", context)

    def extra_context(self, context: dict[str, Any], request: HttpRequest) -> dict[str, Any]:  # noqa: ARG002
        """Put our search into the side bar, which unfold asks for by this name."""
        return {**context, "templates": {"navigation": "nannychain/navigation.html"}}

    def extra_urls(self) -> list[URLPattern]:
        """Add the second step, the search, and the page about the own device."""
        return [
            path("second-step/", self.second_step, name="second_step"),
            path("find/", self.admin_view(finding.page), name="find"),
            path("confirm/", self.admin_view(self.confirm), name="confirm"),
            path("my-device/", self.admin_view(self.my_device), name="my_device"),
        ]

    @method_decorator(never_cache)
    @method_decorator(sensitive_post_parameters())
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show and take the first step."""
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        context = {
            **self.each_context(request),
            "title": "Sign in",
            "app_path": request.get_full_path(),
            **(extra_context or {}),
        }
        first = FirstStep.as_view(
            extra_context=context,
            authentication_form=self.login_form,
            template_name="admin/login.html",
        )
        return cast(HttpResponse, first(request))

    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Sign out, and write it down."""
        member = request.user
        if request.method == "POST" and isinstance(member, Member):
            signing_in.note("staff.signed_out", member)
        answer: HttpResponse = super().logout(request, extra_context)
        return answer

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Change the own password, with the old one, and write it down."""
        answer: HttpResponse = super().password_change(request, extra_context)
        if isinstance(request.user, Member) and answer.status_code == 302:
            signing_in.note("staff.password_changed", request.user)
        return answer

    @method_decorator(never_cache)
    @method_decorator(csrf_protect)
    @method_decorator(sensitive_post_parameters())
    def second_step(self, request: HttpRequest) -> HttpResponse:
        """Show and take the second step: a code, or the enrolment of a device."""
        member = _pending(request)
        if member is None:
            messages.info(request, "Please begin again: that took too long.")
            return HttpResponseRedirect(reverse("admin:login"))
        if signing_in.is_locked_out(request, phone=member.phone):
            return locked_out(request)
        step = self._check if selectors.is_enrolled(member.pk) else self._enrol
        try:
            return step(request, member)
        except services.AlreadyEnrolled:  # in another window
            return HttpResponseRedirect(request.path)

    def _check(self, request: HttpRequest, member: Member) -> HttpResponse:
        form = CodeForm(request.POST or None, help_text=_CODE_HELP)
        if request.method == "POST" and form.is_valid():
            try:
                how = services.check(member, code=form.cleaned_data["code"])
            except services.WrongCode as error:
                _refuse(request, member, form, error)
            else:
                there = _sign_in(request, member, how=str(how))
                if how == services.How.RECOVERY_CODE:
                    messages.warning(request, "A recovery code is used up. See: My device.")
                return HttpResponseRedirect(there)
        return self._page(request, "check.html", title="Enter your code", form=form)

    def _enrol(self, request: HttpRequest, member: Member) -> HttpResponse:
        try:
            asked = services.enrolment(member)
        except services.EnrolmentClosed as error:
            return self._page(request, "closed.html", title="No device", sentence=error.message)
        form = CodeForm(request.POST or None, help_text="The six digits that your app now shows.")
        if request.method == "POST" and form.is_valid():
            try:
                shown = services.enrol(member, code=form.cleaned_data["code"])
            except services.WrongCode as error:
                _refuse(request, member, form, error)
            else:
                there = _sign_in(request, member, how="device enrolled")
                return self._codes(request, shown, there=there)
        return self._page(
            request,
            "enrol.html",
            title="Enrol your device",
            form=form,
            picture=pictures.picture(asked.address),
            secret=asked.secret,
            address=asked.address,
        )

    @method_decorator(sensitive_post_parameters())
    def confirm(self, request: HttpRequest) -> HttpResponse:
        """Ask for a code before what is dangerous, and lead back to it."""
        member = request.user
        assert isinstance(member, Member)
        if signing_in.is_locked_out(request, phone=member.phone):
            return locked_out(request)
        form = CodeForm(request.POST or None, help_text=_CODE_HELP)
        if request.method == "POST" and form.is_valid():
            try:
                services.check(member, code=form.cleaned_data["code"])
            except services.WrongCode as error:
                _refuse(request, member, form, error)
            else:
                proving.note(request)
                return HttpResponseRedirect(_next(request))
        minutes = proving.LASTS_SECONDS // 60
        return self._page(request, "confirm.html", title="Is it you?", form=form, minutes=minutes)

    @method_decorator(sensitive_post_parameters())
    def my_device(self, request: HttpRequest) -> HttpResponse:
        """Show since when there is a device; with a code, give new recovery codes or forget it."""
        member = request.user
        assert isinstance(member, Member)
        if signing_in.is_locked_out(request, phone=member.phone):
            return locked_out(request)
        form = CodeForm(request.POST or None, help_text=_CODE_HELP)
        if request.method == "POST" and form.is_valid():
            try:
                services.check(member, code=form.cleaned_data["code"])
            except services.WrongCode as error:
                _refuse(request, member, form, error)
            else:
                return self._change_device(request, member)
        context = {
            **self.each_context(request),
            "title": "My device",
            "device": selectors.device(member.pk),
            "form": form,
        }
        return TemplateResponse(request, "workers/sign_in/my_device.html", context)

    def _change_device(self, request: HttpRequest, member: Member) -> HttpResponse:
        if "forget" in request.POST:
            services.reset(
                member.pk,
                by=actor(request),
                reason="own wish, with a code",
                channel="admin",
            )
            messages.success(request, "Forgotten. Sign in again to enrol another device.")
            return HttpResponseRedirect(reverse("admin:login"))
        shown = services.new_recovery_codes(member)
        return self._codes(request, shown, there=reverse("admin:my_device"))

    def _codes(self, request: HttpRequest, shown: tuple[str, ...], *, there: str) -> HttpResponse:
        """Show recovery codes, in this answer and never again."""
        return self._page(request, "codes.html", title="Recovery codes", codes=shown, there=there)

    def _page(self, request: HttpRequest, name: str, **context: Any) -> HttpResponse:
        every = self.each_context(request)
        return TemplateResponse(request, f"workers/sign_in/{name}", {**every, **context})


def locked_out(request: HttpRequest, *_: Any) -> HttpResponse:
    """Say that too many sign-ins have failed, and when to come back. Asked for by django-axes."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    context = {**admin.site.each_context(request), "title": "Too many tries", "minutes": minutes}
    answer = TemplateResponse(request, "workers/sign_in/locked_out.html", context, status=429)
    answer.headers["Retry-After"] = str(minutes * 60)
    return answer.render()


def _pending(request: HttpRequest) -> Member | None:
    """Return who has passed the first step a little while ago, and is still staff."""
    noted = request.session.get(_PENDING)
    if noted is None or time.time() - noted["at"] > _PENDING_LASTS_SECONDS:
        return None
    return Member.objects.filter(pk=noted["member"], is_staff=True, is_active=True).first()


def _next(request: HttpRequest) -> str:
    """Return where the address wants to go on, if that is here."""
    there = request.GET.get("next", "")
    is_here = url_has_allowed_host_and_scheme(there, allowed_hosts={request.get_host()})
    return there if is_here else reverse("admin:index")


def _sign_in(request: HttpRequest, member: Member, *, how: str) -> str:
    """Sign the member in; return where to go on."""
    there = str(request.session.pop(_PENDING)["next"])
    login(request, member, backend=_BACKEND)
    request.session[_SINCE] = int(time.time())
    proving.note(request)
    signing_in.note_success(member, how=how)
    return there


def _refuse(
    request: HttpRequest, member: Member, form: CodeForm, error: services.WrongCode
) -> None:
    """Count a wrong code, and say it on the form."""
    signing_in.count_failure(request, phone=member.phone)
    signing_in.note_failure(request, phone=member.phone, step="code")
    form.add_error("code", str(error.message))

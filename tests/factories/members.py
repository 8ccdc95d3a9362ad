"""Members as they come about in life: through `create_account`."""

import itertools
from typing import Any

import factory

from workers.identity import services, staff
from workers.identity.models import Member

_numbers = itertools.count(1)


class MemberFactory(factory.Factory[Member]):
    """Opens an account; every member has another phone."""

    class Meta:
        model = Member

    phone = factory.LazyFunction(lambda: f"+2547{next(_numbers):08d}")
    name = factory.Sequence(lambda number: f"Member {number}")
    language = "en"
    channel = "ussd"
    send_sms = False

    @classmethod
    def _create(cls, model_class: type[Member], *args: Any, **kwargs: Any) -> Member:  # noqa: ARG003
        return services.create_account(**kwargs).member


class StaffFactory(MemberFactory):
    """A member who may sign in to the admin, with every right, by `PASSWORD`."""

    is_superuser = True

    @classmethod
    def _create(cls, model_class: type[Member], *args: Any, **kwargs: Any) -> Member:
        is_superuser = kwargs.pop("is_superuser")
        member = super()._create(model_class, *args, **kwargs)
        staff.appoint(member, password=PASSWORD, is_superuser=is_superuser)
        return member


PASSWORD = "correct horse battery staple"

"""The admin as staff see it: browsers in which somebody is signed in."""

import time

from django.contrib.auth.models import Permission
from django.test import Client

from tests.factories.members import StaffFactory
from workers.identity.models import Member

MEMBERS, WALLETS = "/admin/workers/member/", "/admin/wallets/wallet/"


def signed_in(member: Member) -> Client:
    """Return a browser in which that member is signed in, and has shown a code just now."""
    client = Client()
    client.force_login(member)
    session = client.session
    session["proved_at"] = int(time.time())
    session.save()
    return client


def officer(*permissions: str) -> Client:
    """Return the browser of a staff member with these permissions only."""
    member = StaffFactory.create(is_superuser=False)
    member.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return signed_in(member)


def page_of(member: Member) -> str:
    """Return the address of a member's page."""
    return f"{MEMBERS}{member.pk}/change/"


def html(client: Client, address: str) -> str:
    """Return the page at that address, which must be there."""
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()

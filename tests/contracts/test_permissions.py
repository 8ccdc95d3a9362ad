"""Who may what: the table of `permission_matrix` is true. That it is whole, `make check` tells."""

from collections import defaultdict
from dataclasses import replace
from uuid import uuid4

import pytest

from tests.contracts import permission_matrix
from tests.factories import callers
from workers.identity.tokens.models import Session

ROWS = permission_matrix.rows()


@pytest.mark.django_db
@pytest.mark.parametrize("operation", ROWS)
def test_each_is_answered_what_the_table_says(operation: str) -> None:
    method, path = operation.split()
    everybody = {kind: callers.of_kind(kind) for kind in callers.KINDS}
    owner = everybody["member"].member
    assert owner is not None
    session = Session.objects.get(member=owner)
    filled = path.format_map(
        defaultdict(
            uuid4, phone=owner.phone, worker_id=owner.worker_id, device_id=session.pk
        )  # what is not hers is nobody's
    )
    found = {}
    # The owner comes last: until then, what is hers must be there for others to be kept from.
    for number, kind in enumerate(sorted(callers.KINDS, key="member".__eq__)):
        sent = permission_matrix.sent(operation, number=number)
        caller = replace(everybody[kind], address=f"192.0.2.{number}")
        found[kind] = caller.send(method, filled, sent).status_code
    assert found == dict(zip(callers.KINDS, ROWS[operation], strict=True))

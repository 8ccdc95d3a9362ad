"""Where the policy of funding meets how well members are known."""

from uuid import UUID

from django.db import transaction

from wallets.stellar import policy
from wallets.stellar import services as stellar
from workers.kyc import selectors as kyc


def connect() -> None:
    """Let the policy know who is identified."""
    policy.identify_by(kyc.identified)


@transaction.atomic
def level_changed(*, member_id: str) -> None:
    """Have said anew what the account of a member waits for who is known better, or less well."""
    stellar.owner_is_known_anew(UUID(member_id))

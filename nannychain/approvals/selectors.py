"""Reading requests for approval."""

from django.db import models
from django.db.models import QuerySet

from nannychain.approvals.models import ApprovalRequest


def about(subject: models.Model) -> QuerySet[ApprovalRequest]:
    """Return all requests about this row, the newest first."""
    requests = ApprovalRequest.objects.filter(
        subject_type=subject._meta.label_lower, subject_id=str(subject.pk)
    )
    return requests.order_by("-id")

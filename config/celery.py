"""The Celery application and its queues."""

import os

from celery import Celery
from celery.signals import worker_init

from config.schedule import SCHEDULE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

app = Celery("nannychain")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Tasks live beside what they serve, so each app's `tasks.py` is an index that imports them.
app.autodiscover_tasks()
app.conf.task_routes = {
    "nannychain.notifications.*": {"queue": "sms"},
    "payments.deposits.*": {"queue": "mpesa"},
    "payments.paybill.*": {"queue": "mpesa"},
    "payments.reconciliation.*": {"queue": "mpesa"},
    "payments.withdrawals.*": {"queue": "mpesa"},
    "workers.identity.sim_swaps.*": {"queue": "sms"},
    "wallets.custody.*": {"queue": "signer"},
    "wallets.stellar.*": {"queue": "stellar"},
}
# Where web and workers share a machine callers go first: no burst of work makes them wait.
_NICENESS = 5


@worker_init.connect
def _let_callers_go_first(**_: object) -> None:
    os.nice(_NICENESS)


app.conf.beat_schedule = {entry.task: entry.as_celery() for entry in SCHEDULE}
app.conf.beat_scheduler = "config.beat.OneBeat"

QUEUES = tuple(
    sorted({app.conf.task_default_queue, *(to["queue"] for to in app.conf.task_routes.values())})
)

"""Carrying the request id into tasks, and naming the task in each of its log lines."""

from typing import Any

from celery.signals import before_task_publish, setup_logging, task_postrun, task_prerun

from nannychain.logs import context

_HEADER = "nannychain_request_id"


@setup_logging.connect
def keep_django_logging(**_: Any) -> None:
    """Having a receiver stops Celery from setting up logging of its own."""


@before_task_publish.connect
def _send_request_id(headers: dict[str, Any], **_: Any) -> None:
    headers[_HEADER] = context.request_id()


@task_prerun.connect
def _begin(task: Any, task_id: str, **_: Any) -> None:
    given = (getattr(task.request, "headers", None) or {}).get(_HEADER) or getattr(
        task.request, _HEADER, None
    )
    context.begin(request_id=given or "", task=task.name, task_id=task_id)


@task_postrun.connect
def _end(**_: Any) -> None:
    context.end()

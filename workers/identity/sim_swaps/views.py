"""Where Africa's Talking posts when a SIM was last changed; the key in the path lets it in."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from nannychain import inbox
from nannychain.inbox.forms import posted_json
from nannychain.notifications.views import keep_call
from workers.identity.sim_swaps import answers


@csrf_exempt
def told(request: HttpRequest, key: str) -> HttpResponse:
    """Keep one callback."""
    return keep_call(request, key=key, keep=_keep, read=posted_json)


def _keep(body: Mapping[str, str]) -> None:
    inbox.receive(answers.SOURCE, body=body)

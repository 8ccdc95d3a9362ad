"""A little history for the first look: people pay to the paybill of the simulated M-Pesa.

Once for each data folder, and only where both M-Pesa and SMS are simulated and can call us back:
nobody else is to get a message or a shilling of a demo.
"""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from nannychain.supervisor.defaults import Surroundings
from nannychain.supervisor.screen import Trouble

MARK = "demo-played"
_SECONDS = 10
# Our own addresses are never asked through a proxy.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def play(surroundings: Surroundings, *, manage: Callable[..., str]) -> str:
    """Have the demo's history made once; return a note when it could not be made, else nothing."""
    mark = surroundings.data / "simulators" / MARK
    if mark.exists() or not _is_all_simulated(surroundings):
        return ""
    folder = str(surroundings.data)
    try:
        manage("register_paybill")
        told = json.loads(manage("seed_demo", "--history", "--json", "--data-folder", folder))
        for payment in told["payments"]:
            _pay(surroundings, payment)
    except (Trouble, OSError, http.client.HTTPException) as error:
        return f"left out: {error}"
    mark.touch()
    return ""


def _is_all_simulated(surroundings: Surroundings) -> bool:
    settings, simulators = surroundings.settings, surroundings.simulators_url
    wanted = {
        "OPERATING_MODE": "sandbox",
        "MPESA_BASE_URL": f"{simulators}/daraja",
        "AT_BASE_URL": f"{simulators}/africastalking",
        "PUBLIC_BASE_URL": surroundings.base_url,
    }
    return all(settings.get(name) == value for name, value in wanted.items())


def _pay(surroundings: Surroundings, payment: dict[str, Any]) -> None:
    shortcode = surroundings.settings["MPESA_SHORTCODE"]
    request = urllib.request.Request(  # noqa: S310 - an address of our own
        f"{surroundings.simulators_url}/control/daraja/paybill",
        data=json.dumps({**payment, "shortcode": shortcode}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with _DIRECT.open(request, timeout=_SECONDS):
        pass

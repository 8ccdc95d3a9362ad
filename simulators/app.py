"""Puts the simulated providers together: which address leads where."""

from flask import Flask, Response, redirect

from simulators import control, guard
from simulators.africastalking import sms, ussd
from simulators.faults import Faults
from simulators.phone import views as phone
from simulators.posting import Posting
from simulators.record import Record
from simulators.settings import Settings
from simulators.store import Store
from simulators.world import World

_TICK_SECONDS = 0.2
_CATALOGUE = {sms.TARGET: sms.FAULTS, ussd.TARGET: ussd.FAULTS}


def create_app(settings: Settings) -> Flask:
    """Return the application, with its state opened and its posting thread running."""
    store, record = Store(settings.state), Record()
    world = World(
        settings=settings,
        store=store,
        faults=Faults(_CATALOGUE),
        record=record,
        posting=Posting(settings=settings, store=store, record=record),
    )
    gateway = ussd.Ussd(world)
    app = Flask("simulators", static_folder=None)
    guard.install(app, settings)
    app.register_blueprint(sms.blueprint(world), url_prefix="/africastalking")
    app.register_blueprint(phone.blueprint(world, gateway), url_prefix="/phone")
    app.register_blueprint(control.blueprint(world, gateway), url_prefix="/control")

    @app.get("/")
    def to_the_phone() -> Response:
        return redirect("/phone")  # type: ignore[return-value]

    world.posting.start(every_seconds=_TICK_SECONDS, also=gateway.close_expired)
    return app

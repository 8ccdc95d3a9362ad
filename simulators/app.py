"""Puts the simulated providers together: which address leads where."""

from flask import Flask, Response, redirect

from simulators import control, guard
from simulators.africastalking import insights, sms, ussd
from simulators.daraja import network as daraja
from simulators.daraja import portal, troubles
from simulators.daraja import views as daraja_views
from simulators.faults import Faults
from simulators.horizon import node as network
from simulators.horizon import reading, submitting, views
from simulators.phone import views as phone
from simulators.posting import Posting
from simulators.record import Record
from simulators.settings import Settings
from simulators.store import Store
from simulators.world import World

_TICK_SECONDS = 0.2
_CATALOGUE = {
    sms.TARGET: sms.FAULTS,
    ussd.TARGET: ussd.FAULTS,
    insights.TARGET: insights.FAULTS,
    submitting.TARGET: submitting.FAULTS,
    reading.TARGET: reading.FAULTS,
    **troubles.FAULTS,
    network.NETWORK: network.FAULTS,
}
# Stellar knows no phones, nor do tokens: such a fault strikes whoever asks.
_PHONELESS = frozenset({submitting.TARGET, reading.TARGET, network.NETWORK, *troubles.PHONELESS})


def create_app(settings: Settings) -> Flask:
    """Return the application, with its state opened and its posting thread running."""
    store, record = Store(settings.state), Record()
    world = World(
        settings=settings,
        store=store,
        faults=Faults(_CATALOGUE, phoneless=_PHONELESS),
        record=record,
        posting=Posting(settings=settings, store=store, record=record),
    )
    gateway = ussd.Ussd(world)
    node = network.Node(
        passphrase=settings.network_passphrase,
        folder=settings.state,
        faults=world.faults,
        knobs=network.Knobs(
            ledger_seconds=settings.ledger_seconds, submit_seconds=settings.submit_seconds
        ),
    )
    desk = submitting.Desk(world, node)
    mpesa = daraja.Network(world, is_line_busy=lambda phone: bool(gateway.open_session(phone)))
    app = Flask("simulators", static_folder=None)
    guard.install(app, settings)
    app.register_blueprint(sms.blueprint(world), url_prefix="/africastalking")
    app.register_blueprint(insights.blueprint(world), url_prefix="/africastalking")
    app.register_blueprint(daraja_views.blueprint(mpesa), url_prefix="/daraja")
    app.register_blueprint(portal.blueprint(mpesa), url_prefix="/daraja")
    app.register_blueprint(phone.blueprint(world, gateway, mpesa), url_prefix="/phone")
    app.register_blueprint(views.blueprint(world, node=node, desk=desk), url_prefix="/horizon")
    controls = control.blueprint(world, gateway, node=node, desk=desk, mpesa=mpesa)
    app.register_blueprint(controls, url_prefix="/control")

    @app.get("/")
    def to_the_phone() -> Response:
        return redirect("/phone")  # type: ignore[return-value]

    node.start()
    mpesa.start()
    world.posting.start(every_seconds=_TICK_SECONDS, also=gateway.close_expired)
    return app

"""Horizon's addresses, put together."""

from flask import Blueprint

from simulators.horizon import reading, submitting
from simulators.horizon.node import Node
from simulators.horizon.reading import Reader
from simulators.horizon.submitting import Desk
from simulators.world import World


def blueprint(world: World, *, node: Node, desk: Desk) -> Blueprint:
    """Return the endpoints of this provider, to be mounted under its base address."""
    endpoints = Blueprint("horizon", __name__)
    submitting.add(endpoints, desk)
    reading.add(endpoints, Reader(world, node))
    return endpoints

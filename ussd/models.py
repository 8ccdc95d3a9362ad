"""The models of USSD."""

from ussd.engine.models import Twin

__all__ = ["Twin"]

"""The models of USSD."""

from ussd.engine.models import ScreenFigure, Twin

__all__ = ["ScreenFigure", "Twin"]

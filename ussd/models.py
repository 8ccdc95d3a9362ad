"""The models of USSD."""

from ussd.engine.models import ScreenFigure, SessionFigure, Twin

__all__ = ["ScreenFigure", "SessionFigure", "Twin"]

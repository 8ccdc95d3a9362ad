"""Figures for Prometheus, at `GET /metrics`: of the business, and of this program's requests.

Names, label values and numbers only: nothing of one person. The roof registers what is read.
"""

from nannychain.metrics.exposition import Family, Sample
from nannychain.metrics.reading import Figure, register

__all__ = ["Family", "Figure", "Sample", "register"]

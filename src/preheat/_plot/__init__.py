"""Plots of plans: on matplotlib axes, in a terminal, as an HTML page, in a notebook.

The plotting libraries are imported on first use.
"""

from preheat._plot.axes import plot
from preheat._plot.files import save
from preheat._plot.notebook import bundle
from preheat._plot.page import html
from preheat._plot.text import terminal

__all__ = ["bundle", "html", "plot", "save", "terminal"]

"""Pictures of plans: on matplotlib's axes, in a terminal, as a page with hover values, in a notebook.

What draws is imported when something is drawn.
"""

from preheat._plot._axes import plot
from preheat._plot._files import save
from preheat._plot._html import html
from preheat._plot._notebook import bundle
from preheat._plot._terminal import terminal

__all__ = ["bundle", "html", "plot", "save", "terminal"]

"""`preheat inspect`: see `preheat/cli/inspect/`."""

from preheat.cli.inspect.command import inspect

__all__ = ["inspect"]

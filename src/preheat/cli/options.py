"""Options that several commands share: the units of a plan's lengths, modules to import, logarithmic axes."""

import sys
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any, NamedTuple

import click

from preheat import Plan, parse, resolve
from preheat._nodes import allow_functions
from preheat._plan import lengths_in, missing
from preheat.cli.plan_text import plan_text

__all__ = ["Units", "examples", "logarithmic", "whole", "with_units"]

Command = Callable[..., Any]

UNITS = {
    "total_steps": 'Updates in the run, for lengths such as "5%" and "rest".',
    "steps_per_epoch": 'Updates in an epoch, for lengths such as "3ep".',
    "samples_per_step": 'Samples in an update, for lengths such as "1e6sa".',
    "tokens_per_step": 'Tokens in an update, for lengths such as "2e9tok".',
}
BETA2 = 'beta2 of the optimizer, for the length "auto".'
IMPORT = "Import a module that has shapes or functions of yours; may be repeated."

logarithmic = click.option(
    "--log", type=click.Choice(["x", "y", "xy"]), metavar="AXES", help="Logarithmic axes: x, y or xy.",
    callback=lambda _, __, axes: axes or "",
)  # fmt: skip


def whole(name: str, words: str, *, least: int = 1, default: int | None = None) -> Callable[[Command], Command]:
    """An option that takes a whole number; `100_000` and `1e5` are numbers too."""

    def read(_: click.Context, option: click.Parameter, text: str | None) -> int | None:
        if text is None:
            return None
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not (number >= least and number.is_integer()):
            raise ValueError(f"{option.opts[0]} {text}: it must be a whole number, {least} or more")
        return int(number)

    given = None if default is None else str(default)
    return click.option(name, callback=read, metavar="N", help=words, default=given, show_default=default is not None)


class Units(NamedTuple):
    """How many updates, samples or tokens the units of a plan's lengths stand for."""

    total_steps: int | None = None
    steps_per_epoch: int | None = None
    samples_per_step: int | None = None
    tokens_per_step: int | None = None
    beta2: float | None = None

    def plan(self, given: str, option: str = "TEXT") -> Plan:
        """The plan of a text, `@FILE` or `-`, with its lengths in updates.

        Args:
            given: what the user typed.
            option: the option or argument it was typed for, as an error names it.

        Raises:
            ValueError: it is no plan, or its lengths need an option that was not given.
        """
        plan = parse(plan_text(given, option))
        lacking = [name for name in missing(lengths_in(plan)) if getattr(self, name) is None]
        if lacking:
            lengths = dict.fromkeys(f'"{length}"' for length in lengths_in(plan) if length.argument in lacking)
            options = " and ".join(f"--{name.replace('_', '-')}" for name in lacking)
            raise ValueError(f"{options} must be given, for {' and '.join(lengths)}")
        return resolve(plan, **self._asdict())


def with_units(command: Command) -> Command:
    """Give a command `--import`, and the options that together make its parameter `units`."""

    @wraps(command)
    def called(*, modules: tuple[str, ...], **given: Any) -> Any:
        for module in modules:
            _import(module)
        units = Units(**{name: given.pop(name) for name in Units._fields})
        return command(**given, units=units)

    wrapped: Command = click.option("--import", "modules", metavar="MODULE", multiple=True, help=IMPORT)(called)
    wrapped = click.option("--beta2", type=float, metavar="X", help=BETA2)(wrapped)
    for name, words in reversed(UNITS.items()):
        wrapped = whole(f"--{name.replace('_', '-')}", words)(wrapped)
    return wrapped


def _import(module: str) -> None:
    if not all(part.isidentifier() for part in module.split(".")):
        raise ValueError(f"--import {module}: it must be the name of a module, such as my_shapes")
    if "" not in sys.path:
        sys.path.insert(0, "")  # as `python -m` does: modules in the working directory can be named
    try:
        import_module(module)
    except KeyboardInterrupt:  # Ctrl-C while it loads
        raise
    except BaseException as error:  # noqa: BLE001  # a module may raise anything, and call `sys.exit`
        message = str(error).partition("\n")[0]
        reason = message if isinstance(error, ModuleNotFoundError) else f"it raised {type(error).__name__}: {message}"
        raise ValueError(f"--import {module}: it must be a module that can be imported here; {reason}") from None
    allow_functions("preheat", [f"{module}:"])


def examples(*lines: str) -> str:
    r"""The end of a command's help; `\b` tells click to keep the lines."""
    return "\b\n" + "\n".join(["Examples:", *(f"  {line}" for line in lines)])

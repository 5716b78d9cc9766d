"""What the commands share: a plan from its text, a file or the standard input, with the lengths of its run."""

import sys
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import click

from preheat import Plan, parse, resolve
from preheat._plan import lengths_in, missing

__all__ = ["Units", "examples", "of_a_run"]


def _whole(_: click.Context, option: click.Parameter, text: str | None) -> int | None:
    """A whole number of 1 or more; `100_000` and `1e5` are read too."""
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if number < 1 or not number.is_integer():
        raise ValueError(f"{option.opts[0]} {text}: it must be a whole number, 1 or more")
    return int(number)


class Units(NamedTuple):
    """What turns lengths in shares, epochs, samples or tokens into updates."""

    total_steps: int | None = None
    steps_per_epoch: int | None = None
    samples_per_step: int | None = None
    tokens_per_step: int | None = None
    beta2: float | None = None

    def plan(self, text: str) -> Plan:
        """The plan of a TEXT, its lengths in updates.

        Raises:
            ValueError: it is no plan, or an option that its lengths ask for is not given.
        """
        plan = parse(_source(text))
        lacks = [name for name in missing(lengths_in(plan)) if getattr(self, name) is None]
        if lacks:
            asking = dict.fromkeys(f'"{length}"' for length in lengths_in(plan) if length.argument in lacks)
            options = " and ".join(f"--{name.replace('_', '-')}" for name in lacks)
            raise ValueError(f"{options} must be given, for {' and '.join(asking)}")
        return resolve(plan, **self._asdict())


_WORDS = {
    "total_steps": 'Updates in the run: what "5%" and "rest" are parts of.',
    "steps_per_epoch": 'Updates in an epoch, for lengths such as "3ep".',
    "samples_per_step": 'Samples in an update, for lengths such as "1e6sa".',
    "tokens_per_step": 'Tokens in an update, for lengths such as "2e9tok".',
}
_BETA2 = 'Of the optimizer, for the length "auto".'
_IMPORT = "Import a module first, for shapes and functions of your own; as often as needed."


def of_a_run(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that make its parameter `units`, and `--import`."""

    @wraps(command)
    def called(*, modules: tuple[str, ...], **given: Any) -> Any:
        for module in modules:
            _import(module)
        units = Units(**{name: given.pop(name) for name in Units._fields})
        return command(**given, units=units)

    wrapped = click.option("--import", "modules", metavar="MODULE", multiple=True, help=_IMPORT)(called)
    wrapped = click.option("--beta2", type=float, metavar="X", help=_BETA2)(wrapped)
    for name, words in reversed(_WORDS.items()):
        wrapped = click.option(f"--{name.replace('_', '-')}", callback=_whole, metavar="N", help=words)(wrapped)
    return wrapped


def examples(*lines: str) -> str:
    """What stands at the end of a command's help, its lines left as they are."""
    return "\b\n" + "\n".join(["Examples:", *(f"  {line}" for line in lines)])


def _source(text: str) -> str:
    if text == "-":
        return sys.stdin.read().strip()
    return Path(text[1:]).read_text("utf-8").strip() if text.startswith("@") else text


def _import(module: str) -> None:
    if "" not in sys.path:
        sys.path.insert(0, "")  # as `python -m` does: what lies in this folder can be named
    try:
        import_module(module)
    except ModuleNotFoundError as error:
        raise ValueError(f"--import {module}: it must be a module that can be imported here; {error}") from None

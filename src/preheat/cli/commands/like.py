"""`preheat like`: the schedules of other libraries as plans."""

import re
from ast import literal_eval
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from importlib import import_module
from inspect import signature
from pkgutil import iter_modules
from typing import Any

import click

from preheat.cli.explain import explained, starting_with
from preheat.cli.options import examples

__all__ = ["like"]

ARGUMENT = re.compile(r"(\w+)=(.*)", re.DOTALL)


@click.command(
    epilog=examples(
        "preheat like torch.StepLR step_size=30",
        "preheat like transformers.get_linear_schedule_with_warmup \\",
        "  num_warmup_steps=100 num_training_steps=1000 | preheat show -",
    )
)
@click.argument(
    "name", metavar="LIBRARY.SCHEDULE", required=False,
    shell_complete=lambda _, __, typed: starting_with(typed, _schedules()),
)  # fmt: skip
@click.argument("given", metavar="NAME=VALUE...", nargs=-1)
def like(name: str | None, given: tuple[str, ...]) -> None:
    """Print the plan equal to a schedule of another library.

    Its parameters have the names they have there. Without parameters, prints those it takes; without a schedule, lists
    all there are.
    """
    if name is None:
        click.echo("\n".join(_schedules()))
        return
    make = _schedule(name)
    if not given and any(p.default is p.empty for p in signature(make).parameters.values()):
        click.echo(explained(name, make))
        return
    click.echo(repr(make(**dict(_argument(text) for text in given))))


def _schedules() -> Iterator[str]:
    """Each schedule of `preheat.like`, as `torch.StepLR`."""
    library = import_module("preheat.like")  # only here: `preheat --help` lists this command, and needs no schedule
    for found in iter_modules(library.__path__):
        if not found.name.startswith("_"):
            module = import_module(f"preheat.like.{found.name}")
            yield from (f"{found.name}.{name}" for name in sorted(module.__all__))


def _schedule(name: str) -> Callable[..., Any]:
    known = list(_schedules())
    if name not in known:
        close = get_close_matches(name, known, n=1, cutoff=0.4)
        hint = f"did you mean {close[0]}?" if close else "`preheat like` lists them"
        raise ValueError(f"like(name={name!r}): name must be a schedule that preheat.like has; {hint}")
    library, _, schedule = name.partition(".")
    make: Callable[..., Any] = getattr(import_module(f"preheat.like.{library}"), schedule)
    return make


def _argument(text: str) -> tuple[str, Any]:
    """`name=value`: the value as Python writes numbers, True, None, lists and texts; anything else is a text."""
    match = ARGUMENT.fullmatch(text)
    if match is None:
        raise ValueError(f"like({text!r}): a parameter must be given as NAME=VALUE")
    try:
        return match[1], literal_eval(match[2])
    except (MemoryError, RecursionError, SyntaxError, ValueError):  # the first two: nested too deeply
        return match[1], match[2]

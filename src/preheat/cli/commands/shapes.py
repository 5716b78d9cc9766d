"""`preheat shapes`: the words that plans are written with."""

import re
from collections.abc import Callable, Iterator
from inspect import getdoc
from textwrap import fill, shorten
from typing import Any

import click

from preheat import Plan, parse
from preheat._analysis.sampling import contains_function
from preheat._language.parser import nearest
from preheat._plan import VOCABULARY
from preheat.cli.curve import curve
from preheat.cli.explain import explained, plain_docstring, starting_with
from preheat.cli.options import examples
from preheat.cli.screen import WIDTH

__all__ = ["shapes"]

FAMILIES = {  # the module that defines the words of a family, and its title
    "shapes.ramps": "from a start to an end",
    "shapes.bends": "from a start to an end, more or less bent",
    "shapes.laws": "without an end",
    "shapes.warmups": "warm-ups without an end",
    "recipes": "recipes: what papers have names for",
}
OTHERS = "values, functions, and what makes a plan of plans"
INDENT = 23  # columns before the sentence of a word


@click.command(epilog=examples("preheat shapes", "preheat shapes cosine"))
@click.argument("name", required=False, shell_complete=lambda _, __, typed: starting_with(typed, VOCABULARY))
def shapes(name: str | None) -> None:
    """List the words that plans are written with, or explain one."""
    if name is None:
        click.echo("\n\n".join(_families()))
        return
    if name not in VOCABULARY:
        raise ValueError(f"shapes(name={name!r}): name must be the name of a shape{nearest(name)}")
    make = VOCABULARY[name]
    click.echo(explained(name, make))
    if (example := _example(make)) is not None:
        click.echo(f"\n{fill(repr(example), WIDTH)}\n\n{curve(example, other_lines=WIDTH)}")


def _families() -> Iterator[str]:
    """The title of each family, with a line for each of its words."""
    families: dict[str, list[str]] = {title: [] for title in (*FAMILIES.values(), OTHERS)}
    for name, make in VOCABULARY.items():
        where = make.__module__.removeprefix("preheat.")
        title = next((title for module, title in FAMILIES.items() if where.startswith(module)), OTHERS)
        families[title].append(_line(name, make))
    for title, lines in families.items():
        yield "\n".join([title, *sorted(lines)])


def _line(name: str, make: Callable[..., Any]) -> str:
    """A word and the first sentence of its docstring, or as much of it as fits."""
    sentence = " ".join(plain_docstring(make).partition("\n\n")[0].split())
    fits = WIDTH - INDENT
    shown = sentence if len(sentence) <= fits else re.split(r"[:;]", sentence)[0]
    return f"  {name:20} {shorten(shown, fits, placeholder=' ...')}"


def _example(make: Callable[..., Any]) -> Plan | None:
    """The first expression in a docstring that is a plan and can be drawn."""
    docstring = getdoc(make) or ""
    for start in re.finditer(rf"\b{make.__name__}\(", docstring):
        text = docstring[start.start() :]
        for end in re.finditer(r"\)", text.partition("\n")[0]):
            try:
                plan = parse(text[: end.end()])
            except ValueError:
                continue
            return None if contains_function(plan) else plan
    return None

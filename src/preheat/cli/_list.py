"""The commands that list: the words of the language, and the schedules of other libraries."""

import re
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from inspect import getdoc, signature
from pkgutil import iter_modules
from textwrap import fill, shorten
from typing import Any

import click

from preheat import Plan, parse
from preheat._analysis.sampling import contains_function
from preheat._language.parser import nearest
from preheat._plan import VOCABULARY
from preheat.cli._paint import WIDTH
from preheat.cli._read import examples
from preheat.cli._see import curve

__all__ = ["like", "shapes"]

_FAMILIES = {  # where words of a family are defined: how it is called
    "shapes.ramps": "from a start to an end",
    "shapes.bends": "from a start to an end, more or less bent",
    "shapes.laws": "without an end",
    "shapes.warmups": "warm-ups without an end",
    "recipes": "recipes: what papers have names for",
}
_OTHERS = "values, functions, and what makes a plan of plans"
_GIVEN = re.compile(r"(\w+)=(.*)", re.DOTALL)


def _begins(known: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in sorted(known) if name.startswith(incomplete)]


@click.command(epilog=examples("preheat shapes", "preheat shapes cosine"))
@click.argument("name", required=False, shell_complete=lambda _, __, typed: _begins(VOCABULARY, typed))
def shapes(name: str | None) -> None:
    """List the words that plans are written with, or explain one."""
    if name is None:
        click.echo("\n\n".join(_families()))
        return
    if name not in VOCABULARY:
        raise ValueError(f"shapes(name={name!r}): name must be the name of a shape{nearest(name)}")
    make = VOCABULARY[name]
    click.echo(_explained(name, make))
    if (example := _example(make)) is not None:
        click.echo(f"\n{fill(repr(example), WIDTH)}\n\n{curve(example, beside=WIDTH)}")


def _families() -> Iterator[str]:
    """Each family with its words and the first sentence of what is said of them."""
    families: dict[str, list[str]] = {title: [] for title in (*_FAMILIES.values(), _OTHERS)}
    for name, make in VOCABULARY.items():
        where = make.__module__.removeprefix("preheat.")
        title = next((title for module, title in _FAMILIES.items() if where.startswith(module)), _OTHERS)
        families[title].append(_line(name, make))
    for title, lines in families.items():
        yield "\n".join([title, *sorted(lines)])


def _line(name: str, make: Callable[..., Any]) -> str:
    """A word and the first sentence of what is said of it, or as much as fits of its first clause."""
    sentence = " ".join(_plain(make).partition("\n\n")[0].split())
    fits = WIDTH - 23
    said = sentence if len(sentence) <= fits else re.split(r"[:;]", sentence)[0]
    return f"  {name:20} {shorten(said, fits, placeholder=' ...')}"


def _plain(make: Callable[..., Any]) -> str:
    """A docstring without the marks of code, its long lines broken."""
    text = re.sub(r"`([^`\n]*)`", r"\1", getdoc(make) or "")
    return "\n".join(fill(line, WIDTH) if line else "" for line in text.split("\n"))


def _explained(name: str, make: Callable[..., Any]) -> str:
    """How a function is called, and its docstring."""
    taken = signature(make)
    plain = [parameter.replace(annotation=parameter.empty) for parameter in taken.parameters.values()]
    return f"{name}{taken.replace(parameters=plain, return_annotation=taken.empty)}\n\n{_plain(make)}"


def _example(make: Callable[..., Any]) -> Plan | None:
    """The plan of the first example in a docstring that is one."""
    for start in re.finditer(rf"\b{make.__name__}\(", getdoc(make) or ""):
        text = (getdoc(make) or "")[start.start() :]
        for end in re.finditer(r"\)", text.partition("\n")[0]):
            try:
                plan = parse(text[: end.end()])
            except ValueError:
                continue
            return None if contains_function(plan) else plan
    return None


@click.command(
    epilog=examples(
        "preheat like torch.StepLR step_size=30",
        "preheat like transformers.get_linear_schedule_with_warmup \\",
        "  num_warmup_steps=100 num_training_steps=1000 | preheat show -",
    )
)
@click.argument(
    "name", metavar="LIBRARY.SCHEDULE", required=False, shell_complete=lambda _, __, typed: _begins(_schedules(), typed)
)
@click.argument("given", metavar="NAME=VALUE...", nargs=-1)
def like(name: str | None, given: tuple[str, ...]) -> None:
    """Print the plan equal to a schedule of another library.

    Its parameters have their own names there. Without any, what it takes is printed; without a schedule, all there are.
    """
    if name is None:
        for theirs in _schedules():
            click.echo(theirs)
        return
    make = _theirs(name)
    if not given and any(p.default is p.empty for p in signature(make).parameters.values()):
        click.echo(_explained(name, make))
        return
    arguments = dict(_argument(one) for one in given)
    click.echo(repr(make(**arguments)))


def _schedules() -> Iterator[str]:
    package = import_module("preheat.like")
    for found in iter_modules(package.__path__):
        if not found.name.startswith("_"):
            module = import_module(f"preheat.like.{found.name}")
            yield from (f"{found.name}.{name}" for name in sorted(module.__all__))


def _theirs(name: str) -> Callable[..., Any]:
    known = list(_schedules())
    if name not in known:
        from difflib import get_close_matches  # noqa: PLC0415  # for a mistake only

        close = get_close_matches(name, known, n=1, cutoff=0.4)
        hint = f"did you mean {close[0]}?" if close else "`preheat like` lists them"
        raise ValueError(f"like(name={name!r}): name must be a schedule that preheat.like has; {hint}")
    module, _, theirs = name.partition(".")
    make: Callable[..., Any] = getattr(import_module(f"preheat.like.{module}"), theirs)
    return make


def _argument(text: str) -> tuple[str, Any]:
    """`name=value`, the value as Python writes numbers, True, None, lists and texts; anything else is a text."""
    from ast import literal_eval  # noqa: PLC0415  # for this command only

    match = _GIVEN.fullmatch(text)
    if match is None:
        raise ValueError(f"like({text!r}): a parameter must be given as NAME=VALUE")
    try:
        return match[1], literal_eval(match[2])
    except (SyntaxError, ValueError):
        return match[1], match[2]

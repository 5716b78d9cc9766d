"""Draws docs/gallery, a picture of every name of the language from the example in its docstring: `make generated`."""

import ast
import doctest
import inspect
import re
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from textwrap import dedent
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

import preheat
from preheat import Plan, plot
from preheat._plan import VOCABULARY

FOLDER = Path(__file__).parent / "gallery"
SECTIONS = {"shapes": "Shapes", "recipes": "Recipes", "": "Combinators, tables and functions"}
HEAD = """# Catalogue

Every shape, recipe and combinator: what it looks like, how it is called, the formula as the source has it and where it
comes from. Each is drawn by `preheat.plot` from the example of its docstring. Updates are counted from 0;
what has no end is drawn for as long as it takes to see what becomes of it. Written by `make generated`.
"""


def section_of(make: Callable[..., Plan]) -> str:
    """Shapes, recipes, or the rest."""
    return next((part for part in SECTIONS if part and make.__module__.startswith(f"preheat.{part}.")), "")


def ours() -> dict[str, Callable[..., Plan]]:
    """The names of the language that preheat itself defines."""
    return {name: make for name, make in sorted(VOCABULARY.items()) if make.__module__.startswith("preheat.")}


def example_of(make: Callable[..., Plan]) -> Plan:
    """The first plan that the examples in a docstring make with it."""
    made: list[Plan] = []

    def watched(*args: Any, **kwargs: Any) -> Plan:
        made.append(make(*args, **kwargs))
        return made[-1]

    names = {**vars(preheat), make.__name__: watched}
    for example in doctest.DocTestParser().get_examples(make.__doc__ or ""):
        if not example.source.startswith(("from ", "import ")):
            with redirect_stdout(StringIO()):
                exec(example.source, names)  # noqa: S102  # our own docstring
    if not made:
        message = f"{make.__name__}: its docstring must have an example that makes a plan"
        raise ValueError(message)
    return made[0]


def draw(name: str, plan: Plan) -> None:
    """The picture of a name."""
    figure = Figure(figsize=(4.6, 2.5), layout="constrained")
    ax = plot({name: plan}, ax=figure.subplots())
    ax.set_title("", loc="left")
    figure.savefig(FOLDER / f"{name}.png", dpi=100, metadata={"Software": None})


def entry(name: str, make: Callable[..., Plan], plan: Plan) -> str:
    """What the page says of a name."""
    doc = inspect.getdoc(make) or ""
    source = re.search(r"^Source: (.*?)(?=\n\n|\nSame values|\Z)", doc, re.DOTALL | re.MULTILINE)
    lines = [
        f"### `{name}`\n",
        " ".join(doc.partition("\n\n")[0].split()) + "\n",
        f'<img src="{name}.png" alt="The curve of {name}" width="460">\n',
        f"- call: `{name}{signature_of(make)}`",
        f"- drawn: `{shortened(repr(plan))}`",
    ]
    lines += [f"- source: {' '.join(source[1].split())}"] if source else []
    if section_of(make):
        lines.append(f"\n```text\n{formula_of(make)}\n```")
    return "\n".join(lines) + "\n"


def formula_of(make: Callable[..., Plan]) -> str:
    """What a shape computes, or what a recipe returns: the lines below its docstring."""
    source = dedent(inspect.getsource(inspect.unwrap(make)))
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)  # noqa: S101  # for mypy
    return dedent("\n".join(source.splitlines()[function.body[0].end_lineno :]))


def shortened(text: str) -> str:
    """An expression in at most two lines."""
    return text if len(text) <= 160 else text[:157] + "..."  # noqa: PLR2004  # two lines of a page


def signature_of(make: Callable[..., Plan]) -> inspect.Signature:
    """The parameters, without annotations."""
    signature = inspect.signature(make)
    plain = [one.replace(annotation=one.empty) for one in signature.parameters.values()]
    return inspect.Signature(plain)


def page() -> str:
    """The page."""
    parts = [HEAD]
    for part, title in SECTIONS.items():
        parts.append(f"## {title}\n")
        parts += [entry(name, make, example_of(make)) for name, make in ours().items() if section_of(make) == part]
    return "\n".join(parts)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    mpl.use("agg")
    for name, make in ours().items():
        draw(name, example_of(make))
    (FOLDER / "README.md").write_text(page(), "utf-8")

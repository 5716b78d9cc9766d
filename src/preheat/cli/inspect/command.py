"""The command that says where the run in a checkpoint stands, and what it will do next."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from preheat import Plan
from preheat.cli.inspect.status import KnobPlan, RunStatus
from preheat.cli.options import Units, examples, with_units
from preheat.cli.screen import folded, size

__all__ = ["inspect"]

PLAN = "The plan of a schedule that is a function, which no checkpoint holds."
AHEAD = (1, 10, 100, 1_000, 10_000, 100_000)


@click.command(
    epilog=examples("preheat inspect last.ckpt", 'preheat inspect checkpoint-500 --plan "linear(1, 0, steps=900)"')
)
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("--plan", metavar="TEXT", help=PLAN)
@with_units
def inspect(checkpoint: Path, plan: str | None, units: Units) -> None:
    """Say where a checkpoint stands, and what it will do next.

    CHECKPOINT is a file of torch.save, or a folder with scheduler.pt or scheduler.bin in it. It is read as plain data,
    nothing in it is run. States of preheat, torch, transformers, timm, Megatron, DeepSpeed and NoamOpt are found
    wherever they lie.
    """
    given = None if plan is None else units.plan(plan, "--plan")
    blocks = [block for file in _files(checkpoint) for block in _told(file, given)]
    if not blocks:
        raise ValueError(f"inspect({str(checkpoint)!r}): a scheduler's state must be in it, and none was found")
    click.echo("\n\n".join(blocks))


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.iterdir() if re.match(r"scheduler.*\.(pt|pth|bin)$", file.name))
    if not found:
        raise ValueError(
            f"inspect({str(path)!r}): a folder must hold scheduler*.pt or scheduler*.bin; name a file in it"
        )
    return found


def _told(file: Path, plan: Plan | None) -> Iterator[str]:
    from preheat.cli.inspect.search import found_in  # noqa: PLC0415  # it imports every schedule of other libraries

    for found in found_in(_read(file)):
        head = f"{file.name}{', ' * bool(found.where)}{found.where}"
        try:
            yield _printable("\n".join(_lines(head, found.read(), plan)))
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            said = str(error) if str(error).startswith("inspect(") else f"inspect({str(file)!r}): {error}"
            raise ValueError(f"{said}; in {head!r}, which must be the whole state of a scheduler") from error


def _printable(text: str) -> str:
    """The text with escapes for what a terminal would obey: a file is not to move its cursor."""
    return "".join(mark if mark == "\n" or mark.isprintable() else repr(mark)[1:-1] for mark in text)


def _read(file: Path) -> Any:
    if file.suffix == ".json":
        return _read_json(file)
    file.open("rb").close()  # its own complaint is the shorter one
    import torch  # noqa: PLC0415  # each command waits for what it needs and no more

    try:
        return torch.load(file, map_location="meta", weights_only=True)
    except Exception as error:
        held = re.search(r"GLOBAL (\S+)", str(error))
        what = f"it holds {held[1]}" if held else "this is something else"
        raise ValueError(
            f"inspect({str(file)!r}): it must be of torch.save and plain data (weights_only=True); {what}"
        ) from error


def _read_json(file: Path) -> Any:
    try:
        return json.loads(file.read_text("utf-8-sig"))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}: {error.msg[:1].lower()}{error.msg[1:]}"
    except UnicodeDecodeError as error:
        where = f"byte {error.start} is not UTF-8"
    except (RecursionError, ValueError):  # nested too deep; a number of thousands of digits
        where = "it is nested too deep, or has too long a number"
    raise ValueError(f"inspect({str(file)!r}): it must be JSON; {where}")


def _lines(head: str, status: RunStatus, plan: Plan | None) -> Iterator[str]:
    """A status as lines of text."""
    yield f"{head}: a scheduler's state, {status.whose}"
    at = status.position
    yield "  its position is not in it; shown from the beginning" if at is None else f"  {status.unit} done: {at:g}"
    lines = [line if line.plan or plan is None else line._replace(plan=plan) for line in status.plans]
    for line in lines:
        if described := line.describe():
            yield folded(f"  {line.knob} of {line.groups}: {described}", "  ")
    for note in status.notes:
        if "--plan" not in note or plan is None:
            yield folded(f"  {note}", "  ")
    known = [line for line in lines if line.plan is not None]
    across = max((size()[0] - 24) // max((len(head) + 2 for line in known for head in line[:2]), default=1), 1)
    for k in range(0, len(known), across):
        yield ""
        yield from _table(known[k : k + across], 0 if at is None else at, status.unit)


def _table(lines: Sequence[KnobPlan], at: float, unit: str) -> Iterator[str]:
    """The values just used, next, and later."""
    widths = [max(10, len(line.knob), len(line.groups)) for line in lines]
    yield f"{unit.removesuffix('s'):>10}" + _row([line.knob for line in lines], widths)
    if len(lines) > 1:
        yield " " * 10 + _row([line.groups for line in lines], widths)
    for i, what in sorted(_rows(lines, at).items()):
        yield f"{i:>10}" + _row([f"{line.value(i):.6g}" for line in lines], widths) + f"  {what}".rstrip()


def _rows(lines: Sequence[KnobPlan], at: float) -> dict[float, str]:
    """The updates to show, each with a word on it."""
    rows = {at - 1: "just used"} if at >= 1 else {}
    rows |= {at: "next"} | {at + more: "" for more in AHEAD}
    ends = [line.offset + line.plan.steps for line in lines if line.plan is not None and line.plan.steps is not None]
    if len(ends) < len(lines):
        return rows
    last = max(ends) - 1
    return {i: what for i, what in rows.items() if i <= last or what} | {last: rows.get(last) or "last"}


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(f"  {cell:>{width}}" for cell, width in zip(cells, widths, strict=True))

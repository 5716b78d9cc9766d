"""The command that says where the run in a checkpoint stands, and what it will do next."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from preheat import Plan
from preheat.cli.inspect.states import Line, Standing, found_in
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
    for standing in found_in(_read(file)):
        yield "\n".join(_lines(file, standing, plan))


def _read(file: Path) -> Any:
    if file.suffix == ".json":
        return json.loads(file.read_text("utf-8"))
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


def _lines(file: Path, standing: Standing, plan: Plan | None) -> Iterator[str]:
    """A standing as lines of text."""
    yield f"{file.name}{', ' * bool(standing.where)}{standing.where}: a scheduler's state, {standing.whose}"
    at = standing.position
    yield "  its position is not in it; shown from the beginning" if at is None else f"  {standing.unit} done: {at:g}"
    lines = [line if line.plan or plan is None else line._replace(plan=plan) for line in standing.lines]
    for line in lines:
        if line.whole is not None:
            what = line.whole if line.plan is not None else f"{line.whole:g}"
            yield folded(f"  {line.knob} of {line.groups}: {what}", "  ")
    for note in standing.notes:
        if "--plan" not in note or plan is None:
            yield folded(f"  {note}", "  ")
    known = [line for line in lines if line.plan is not None]
    across = max((size()[0] - 24) // max((len(head) + 2 for line in known for head in line[:2]), default=1), 1)
    for k in range(0, len(known), across):
        yield ""
        yield from _table(known[k : k + across], 0 if at is None else at, standing.unit)


def _table(lines: Sequence[Line], at: float, unit: str) -> Iterator[str]:
    """What each line has been, will be next, and will be later."""
    widths = [max(10, len(line.knob), len(line.groups)) for line in lines]
    yield f"{unit.removesuffix('s'):>10}" + _row([line.knob for line in lines], widths)
    if len(lines) > 1:
        yield " " * 10 + _row([line.groups for line in lines], widths)
    for i, what in sorted(_rows(lines, at).items()):
        yield f"{i:>10}" + _row([f"{line.value(i):.6g}" for line in lines], widths) + f"  {what}".rstrip()


def _rows(lines: Sequence[Line], at: float) -> dict[float, str]:
    """The updates to show, and what is to be said of them."""
    rows = {at - 1: "just used"} if at >= 1 else {}
    rows |= {at: "next"} | {at + more: "" for more in AHEAD}
    ends = [line.began + line.plan.steps for line in lines if line.plan is not None and line.plan.steps is not None]
    if len(ends) < len(lines):
        return rows
    last = max(ends) - 1
    return {i: what for i, what in rows.items() if i <= last or what} | {last: rows.get(last) or "last"}


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(f"  {cell:>{width}}" for cell, width in zip(cells, widths, strict=True))

"""The command `preheat demo`: its options, and what it says when it cannot run."""

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from preheat.demo._settings import Settings, is_first

NEEDED = ("rich", "matplotlib", "torch")


Command = Callable[..., Any]


def _number(_: click.Context, option: click.Parameter, got: Any) -> int:
    try:
        return int(got)
    except ValueError:
        raise ValueError(f"demo({option.name}={got!r}): {option.name} must be a whole number") from None


def _whole(name: str, words: str) -> Callable[[Command], Command]:
    """A whole-number option; the settings say which."""
    default = str(getattr(Settings, name))
    return click.option(f"--{name}", callback=_number, default=default, show_default=True, metavar="N", help=words)


@click.command
@_whole("steps", "Updates in each run.")
@_whole("seed", "Of the first weights and the batches.")
@_whole("seeds", "How many seeds, from --seed on.")
@click.option("--device", default=Settings.device, show_default=True, help="As torch writes it: cpu, cuda, mps.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path(), show_default=True, metavar="DIR",
    help="Where the picture and the numbers go.",
)  # fmt: skip
@_whole("threads", "Of the processor.")
@_whole("layers", "Of the model.")
@_whole("width", "Of the model, a multiple of 4.")
@_whole("batch", "Sequences in an update.")
def demo(out: Path, **given: Any) -> None:
    """Train a small Transformer with and without warm-up.

    Three times: without, with the paper's schedule, and with a warm-up, then a cosine. The same seed, device and number
    of threads give the same losses. Ctrl-C keeps what was done. Under torchrun the processes share every batch.
    """
    settings = Settings(**given)
    _make_folder(out)
    try:
        _run(settings, out)
    except KeyboardInterrupt:
        click.echo("preheat demo: stopped at once; what was not written is lost", err=True)
        raise click.exceptions.Exit(130) from None


def _run(settings: Settings, out: Path) -> None:
    if is_first():
        click.echo("Loading torch and the text ...")
    if missing := [name for name in NEEDED if not _can_import(name)]:
        click.echo(f'preheat demo needs {" and ".join(missing)}: pip install "preheat[all]"', err=True)
        raise click.exceptions.Exit(2)
    from preheat.demo import _job  # noqa: PLC0415  # `--help` waits for none of its imports

    if not _job.job(settings, _job.prepare(settings), out):
        raise click.exceptions.Exit(130)


def _can_import(name: str) -> bool:
    try:
        import_module(name)
    except ModuleNotFoundError:
        return False
    return True


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError:
        writable = False
    else:
        writable = os.access(out, os.W_OK)
    if not writable:
        raise ValueError(f"demo(out={str(out)!r}): out must be a folder that can be written")

"""The command `preheat demo`: its options, and what it says when it cannot run."""

import os
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from preheat.demo._settings import Settings

NEEDED = ("rich", "matplotlib", "torch")


def _whole(name: str, words: str) -> Any:
    """A whole-number option; anything else ends the program with one sentence."""

    def parse(got: str) -> int:
        try:
            return int(got)
        except ValueError:
            raise _refused(f"demo({name}={got!r}): {name} must be a whole number") from None

    return typer.Option(f"--{name}", parser=parse, metavar="N", help=words)


def demo(  # noqa: PLR0913, PLR0917  # the options
    steps: Annotated[int, _whole("steps", "Updates in each run.")] = Settings.steps,
    seed: Annotated[int, _whole("seed", "Of the first weights and the batches.")] = Settings.seed,
    seeds: Annotated[int, _whole("seeds", "How many seeds, from --seed on.")] = Settings.seeds,
    device: Annotated[str, typer.Option(help="As torch writes it: cpu, cuda, mps.")] = Settings.device,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the picture and the numbers go.")] = Path(),
    threads: Annotated[int, _whole("threads", "Of the processor.")] = Settings.threads,
    layers: Annotated[int, _whole("layers", "Of the model.")] = Settings.layers,
    width: Annotated[int, _whole("width", "Of the model, a multiple of 4.")] = Settings.width,
    batch: Annotated[int, _whole("batch", "Sequences in an update.")] = Settings.batch,
) -> None:
    """Train a small Transformer without warm-up, with the paper's schedule, and with warm-up then cosine.

    The same seed, device and number of threads give the same losses. Ctrl-C keeps what was done.
    """
    try:
        settings = Settings(steps, seed, seeds, device, threads, layers, width, batch)
        _make_folder(out)
    except ValueError as error:
        raise _refused(str(error)) from None
    try:
        _run(settings, out)
    except KeyboardInterrupt:
        typer.echo("preheat demo: stopped at once; what was not written is lost", err=True)
        raise typer.Exit(130) from None


def _run(settings: Settings, out: Path) -> None:
    typer.echo("Loading torch and the text ...")
    if missing := [name for name in NEEDED if not _can_import(name)]:
        raise _refused(f'preheat demo needs {" and ".join(missing)}: pip install "preheat[all]"')
    from preheat.demo import _job  # noqa: PLC0415  # `--help` waits for none of its imports

    try:
        text = _job.prepare(settings)
    except ValueError as error:
        raise _refused(str(error)) from None
    if not _job.job(settings, text, out):
        raise typer.Exit(130)


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
        message = f"demo(out={str(out)!r}): out must be a folder that can be written"
        raise ValueError(message)


def _refused(sentence: str) -> typer.Exit:
    """Say why not; raised, the result ends the program."""
    typer.echo(sentence, err=True)
    return typer.Exit(2)

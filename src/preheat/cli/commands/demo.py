"""`preheat demo`: what warm-up does, seen on a small Transformer."""

from pathlib import Path
from typing import Any

import click

from preheat.cli.options import examples, whole
from preheat.demo.settings import HEADS, Settings

__all__ = ["demo"]

INTERRUPTED = 130
FOLDER = click.Path(file_okay=False, writable=True, path_type=Path)


@click.command(epilog=examples("preheat demo", "preheat demo --steps 1000 --seed 1 --out warm"))
@whole("--steps", "Updates in each run.", default=Settings.steps)
@whole("--seed", "Random seed for weights and batches.", least=0, default=Settings.seed)
@click.option("--device", default=Settings.device, show_default=True, help="Device as torch names it: cpu, cuda, mps.")
@click.option("--out", type=FOLDER, default=Path(), show_default=True, metavar="DIR", help="Folder for the picture.")
@whole("--threads", "Threads of the processor to use.", default=Settings.threads)
@whole("--layers", "Layers of the model.", default=Settings.layers)
@whole("--width", f"Width of the model, a multiple of {HEADS}.", default=Settings.width)
@whole("--batch", "Sequences in an update.", default=Settings.batch)
def demo(out: Path, **given: Any) -> int:
    """Train a small Transformer with and without warm-up.

    Three times: without, with the paper's schedule, and with a warm-up, then a cosine. On a processor, the same seed
    and number of threads give the same losses. Ctrl-C ends the training and keeps what was done.
    """
    settings = Settings(**given)
    if settings.width % HEADS:
        raise ValueError(f"--width {settings.width}: it must be a multiple of {HEADS}, the number of attention heads")
    out.mkdir(parents=True, exist_ok=True)
    click.echo("Loading torch and the text ...")
    try:
        from preheat.demo.job import job  # noqa: PLC0415  # torch takes seconds, and may not be installed
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        raise ValueError(f'preheat demo needs {package}: pip install "preheat[all]"') from error
    return 0 if job(settings, out, click.echo) else INTERRUPTED

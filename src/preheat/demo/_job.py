"""The whole job: train with each plan, show it, and keep it."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import perf_counter
from types import FrameType

from rich.console import Console

from preheat.demo._picture import picture
from preheat.demo._plans import Entry, entries, factor
from preheat.demo._record import RULE, Run, save
from preheat.demo._settings import PEAK, Settings, is_first
from preheat.demo._show import Tell, progress, table
from preheat.demo._text import Text, library_text
from preheat.demo._together import anywhere, together
from preheat.demo._train import Training, machine, require_device

Stopped = Callable[[], bool]


def prepare(settings: Settings) -> Text:
    """The text to learn, on a machine that can do what is asked.

    Raises:
        ValueError: it cannot.
    """
    require_device(settings.device)
    return library_text()


def job(settings: Settings, text: Text, out: Path) -> bool:
    """Run the demo, leaving the picture and the numbers in the folder `out`.

    Returns:
        Whether it came to its end; False when it was interrupted.
    """
    console = Console(markup=False, highlight=False, emoji=False, quiet=not is_first())
    plans = entries(settings)
    with together(settings) as processes, machine(settings):
        console.print(_before(settings, text, processes), soft_wrap=True)
        telling = progress(console, settings, plans) if is_first() else nullcontext(_silent)
        with interruptible() as stopped, telling as tell:
            runs = train(settings, text, plans, tell, lambda: anywhere(stopped()))
            interrupted = anywhere(stopped())
    if interrupted:
        console.print("Interrupted; this is what was done:")
    if is_first():
        keep(console, settings, text, runs, out)
    return not interrupted


def _silent(_: Run) -> None:
    """The other processes leave it to the first to speak."""


def train(settings: Settings, text: Text, plans: Sequence[Entry], tell: Tell, stopped: Stopped) -> list[Run]:
    """Every plan with one seed, then with the next; the last run is unfinished where it was stopped."""
    runs: list[Run] = []
    for seed in settings.every_seed:
        for entry in plans:
            if stopped():
                return runs
            run = Run(entry.name, entry.expression, seed)
            runs.append(run)
            _follow(run, Training(entry, settings, seed, text), tell, stopped)
    return runs


def _follow(run: Run, training: Training, tell: Tell, stopped: Stopped) -> None:
    began = perf_counter()
    for lr, loss in training.updates():
        run.lrs.append(lr)
        run.losses.append(loss)
        tell(run)
        if stopped():
            break
    else:
        run.final_loss = training.final_loss()
    run.seconds = round(perf_counter() - began, 3)


@contextmanager
def interruptible() -> Iterator[Stopped]:
    """Let the first Ctrl-C finish the update it meets; the second ends the program at once."""
    asked = False

    def ask(_signal: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


def keep(console: Console, settings: Settings, text: Text, runs: Sequence[Run], out: Path) -> None:
    """Print the table, and write the picture and the numbers."""
    entropy = text.entropy()
    if any(run.losses for run in runs):
        console.print("", table(runs, entropy), "", sep="\n")
    console.print(f"Losses in nats per byte; the unigram entropy of the text is {entropy:.3f}.")
    console.print(RULE)
    picture(runs, entropy).savefig(out / "preheat-demo.png", dpi=150)
    save(out / "preheat-demo.json", settings, text, runs)
    console.print(f"Wrote {out / 'preheat-demo.png'} and {out / 'preheat-demo.json'}", soft_wrap=True)


def _before(settings: Settings, text: Text, processes: int) -> str:
    shared = f" shared by {processes} processes" if processes > 1 else ""
    model = (
        f"{settings.layers} layers, width {settings.width}, batch {settings.batch}{shared}, {settings.steps} updates"
    )
    return (
        f"Text: {text.files} modules of Python's standard library, {text.size / 1e6:.1f} MB.\n"
        f"Model: a post-LN Transformer, {model} for each plan.\n"
        f"k = {factor(settings):.6g}, with which k * noam({settings.width}, {settings.warmup}) peaks at {PEAK}."
    )

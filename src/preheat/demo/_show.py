"""What is seen: the progress of the runs, live in a terminal and line by line elsewhere, and the table at the end."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import mean
from time import perf_counter

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from preheat.demo._plans import Entry
from preheat.demo._record import Run
from preheat.demo._settings import Settings

Tell = Callable[[Run], None]  # called after every update


class Clock:
    """How long the rest will take, at the pace since the first update, which is slower than all others."""

    def __init__(self, updates: int) -> None:
        self.done, self.updates, self.began = 0, updates, 0.0

    def tick(self) -> None:
        """Count one more update."""
        self.began = self.began or perf_counter()
        self.done += 1

    def left(self) -> str:
        """Minutes and seconds to go."""
        if self.done == 1:
            return "?:??"
        seconds = round((perf_counter() - self.began) / (self.done - 1) * (self.updates - self.done))
        return f"{seconds // 60}:{seconds % 60:02}"


@contextmanager
def progress(console: Console, settings: Settings, entries: Sequence[Entry]) -> Iterator[Tell]:
    """Give the function to tell of each update."""
    clock = Clock(len(entries) * settings.seeds * settings.steps)
    if console.is_terminal and not console.is_dumb_terminal:
        with _bars(console) as bars:
            yield _to_bars(bars, clock, settings, entries)
    else:
        yield _to_lines(console, clock, settings)


def _bars(console: Console) -> Progress:
    name, note = TextColumn("{task.description}"), TextColumn("{task.fields[note]}")
    return Progress(name, BarColumn(bar_width=16), MofNCompleteColumn(), note, console=console)


def _to_bars(bars: Progress, clock: Clock, settings: Settings, entries: Sequence[Entry]) -> Tell:
    updates = settings.seeds * settings.steps
    rows = {entry.name: bars.add_task(entry.name, total=updates, note="") for entry in entries}
    everything = bars.add_task("all", total=len(entries) * updates, note="")

    def tell(run: Run) -> None:
        clock.tick()
        bars.update(rows[run.plan], advance=1, note=f"loss {run.losses[-1]:.3f}  lr {run.lrs[-1]:.2e}")
        bars.update(everything, advance=1, note=f"{clock.left()} left")

    return tell


def _to_lines(console: Console, clock: Clock, settings: Settings) -> Tell:
    every = max(1, settings.steps // 5)

    def tell(run: Run) -> None:
        clock.tick()
        done = len(run.losses)
        if done % every == 0 or done == settings.steps:
            seed = f" (seed {run.seed})" if settings.seeds > 1 else ""
            now = f"update {done} of {settings.steps}, loss {run.losses[-1]:.3f}, lr {run.lrs[-1]:.2e}"
            console.print(f"{run.plan}{seed}: {now}, {clock.left()} left", soft_wrap=True)

    return tell


def table(runs: Sequence[Run], entropy: float) -> Table:
    """One row for each plan that has run, over all its seeds; it fits a screen of 80 columns."""
    result = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), leading=1)
    result.add_column("plan", no_wrap=True)
    for title in ("first\nlr", "peak\nlr", "last\nlr"):
        result.add_column(title, justify="right", no_wrap=True)
    result.add_column("final\nloss", no_wrap=True)
    result.add_column("verdict", overflow="fold")
    for name in dict.fromkeys(run.plan for run in runs):
        result.add_row(*_row([run for run in runs if run.plan == name], entropy))
    return result


def _row(runs: Sequence[Run], entropy: float) -> list[str]:
    lrs = max((run.lrs for run in runs), key=len)
    rates = [f"{lr:.2g}" for lr in (lrs[0], max(lrs), lrs[-1])] if lrs else ["", "", ""]
    expression = re.sub(r" (>>|\*) ", r" \1\n", runs[0].expression)
    return [f"{runs[0].plan}\n{expression}", *rates, _losses(runs), _verdicts([run.verdict(entropy) for run in runs])]


def _losses(runs: Sequence[Run]) -> str:
    """The mean over the seeds, and the range below it."""
    losses = [run.final_loss for run in runs if run.final_loss is not None]
    if not losses:
        return "none"
    spread = f"\n{min(losses):.2f} to {max(losses):.2f}" if len(losses) > 1 else ""
    return f"{mean(losses):.3f}{spread}"


def _verdicts(words: Sequence[str]) -> str:
    r"""The verdict, or each with its number of seeds where they differ.

    >>> _verdicts(["learned", "learned"]), _verdicts(["learned", "diverged", "learned"])
    ('learned', '2 of 3 learned\n1 of 3 diverged')
    """
    kinds = list(dict.fromkeys(words))
    if len(kinds) == 1:
        return kinds[0]
    return "\n".join(f"{words.count(kind)} of {len(words)} {kind}" for kind in kinds)

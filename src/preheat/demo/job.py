"""The whole demo: train with each plan, report progress, save the picture."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from time import perf_counter

from preheat.demo.picture import picture
from preheat.demo.plans import entries
from preheat.demo.report import table
from preheat.demo.settings import Settings
from preheat.demo.text import Text, library_text
from preheat.demo.train import Run, require_device, train

__all__ = ["job"]

LINES = 5  # of progress in a run


def job(settings: Settings, out: Path, say: Callable[[str], object] = print) -> bool:
    """Run the demo, and save its picture in the folder `out`.

    Ctrl-C ends the training, not the report; a second one ends the program.

    Returns:
        Whether it came to its end; False when it was interrupted.
    """
    require_device(settings.device)
    text = library_text()
    say(
        f"A Transformer with {settings.layers} layers of width {settings.width} learns {len(text.train) / 1e6:.1f} MB "
        f"of Python's standard library: {settings.steps} updates with each plan."
    )
    runs: list[Run] = []
    finished = False
    try:
        _train_all(runs, settings, text, say)
        finished = True
    except KeyboardInterrupt:
        say("Interrupted; this is what was done:")
    entropy = text.entropy()
    say(f"\n{table(runs, entropy)}\n")
    image = BytesIO()  # drawn before it is written: no half of a picture is left behind
    picture(runs, entropy).savefig(image, dpi=150)
    file = out / "preheat-demo.png"
    file.write_bytes(image.getvalue())
    say(f"Wrote {file}")
    return finished


def _train_all(runs: list[Run], settings: Settings, text: Text, say: Callable[[str], object]) -> None:
    plans, began, done = entries(settings), perf_counter(), 0
    for entry in plans:
        run = Run(entry.name, entry.expression)
        runs.append(run)
        for number, _ in enumerate(train(run, entry, settings, text), start=1):
            done += 1
            if number * LINES % settings.steps < LINES:
                left = (perf_counter() - began) * (len(plans) * settings.steps / done - 1)
                now = f"update {number} of {settings.steps}, loss {run.losses[-1]:.3f}, lr {run.lrs[-1]:.2e}"
                say(f"{run.name}: {now}, {left:.0f} s left")

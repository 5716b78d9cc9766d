"""Write into these pages what the commands in them print: `python docs/screens.py` (see tests/docs/test_screens.py).

A block of `console` is a session: a line after `$` is a command, and what follows it is what it prints in a pipe. The
commands run one after another, in a folder with two checkpoints in it.
"""

import io
import os
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import chdir, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import torch
from torch.optim.lr_scheduler import LambdaLR

from preheat import cosine, linear, warmup, zero_based
from preheat.cli import main as main_of_preheat
from preheat.torch import Scheduler

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", ROOT / "docs" / "command-line.md")
SESSION = re.compile(r"(?<=^```console\n)\$ preheat .*?(?=^```$)", re.DOTALL | re.MULTILINE)


def checkpoints(folder: Path) -> None:
    """What other people's runs have left: one of preheat's, one of transformers' kind."""
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.ones(1))], lr=3e-4)
    scheduler = Scheduler(optimizer, warmup(100) >> cosine(1, 0.1, steps=900))
    scheduler.seek(400)
    torch.save(
        {"epoch": 4, "scheduler": scheduler.state_dict(), "optimizer": optimizer.state_dict()}, folder / "last.pt"
    )
    theirs = torch.optim.AdamW([torch.nn.Parameter(torch.ones(1))], lr=5e-5)
    state = LambdaLR(theirs, zero_based(warmup(100) >> linear(1, 0, steps=900))).state_dict()
    (folder / "checkpoint-500").mkdir()
    torch.save(state | {"last_epoch": 500, "_step_count": 501}, folder / "checkpoint-500" / "scheduler.pt")


def printed(command: str, folder: Path) -> str:
    """What a command prints, in a folder; `> FILE` at its end goes there."""
    typed, _, file = command.replace("\\\n", " ").partition(" > ")
    screen = io.TextIOWrapper(io.BytesIO(), "utf-8")
    told = patch.multiple(sys, argv=shlex.split(typed), stdout=screen, stderr=screen)
    with told, patch.dict(os.environ, COLUMNS="80"), chdir(folder), suppress(SystemExit):
        main_of_preheat()
    screen.seek(0)
    if file:
        (folder / file.strip()).write_text(screen.read(), "utf-8")
    return screen.read()


def run(session: str, folder: Path) -> Iterator[str]:
    """A session as it runs now."""
    for typed in re.findall(r"^\$ .*?(?<!\\)\n", session, re.DOTALL | re.MULTILINE):
        yield typed
        yield printed(typed.removeprefix("$ "), folder)


def current(page: str) -> str:
    """The text of a page, its sessions as they run now."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        checkpoints(folder)
        return SESSION.sub(lambda session: "".join(run(session[0], folder)), page)


def main() -> None:
    """Bring every page up to date."""
    for page in PAGES:
        page.write_text(current(page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()

"""The command `preheat` in a pipe, and in a terminal of 80 columns and 24 lines: what a person would see."""

import io
import os
import pty
import struct
import subprocess
import sys
import termios
from fcntl import ioctl
from unittest.mock import patch

import pyte
import pytest

from preheat.cli import main

COLUMNS, LINES = 80, 24
MAIN = "from preheat.cli import main; main()"


def piped(*arguments, stdin=""):
    """Run `preheat` in this process: its status, what it prints in a pipe, and what it says is wrong."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    given = patch.multiple(sys, argv=["preheat", *arguments], stdin=io.StringIO(stdin), stdout=out, stderr=err)
    with given, pytest.raises(SystemExit) as ending:
        main()
    out.seek(0)
    err.seek(0)
    return ending.value.code, out.read(), err.read()


class Seen:
    """What stands on the screen when a command has ended, and its status."""

    def __init__(self, screen, status):
        self.lines = [line.rstrip() for line in screen.display]
        self.text = "\n".join(self.lines).rstrip()
        self.status = status
        self.colours = {cell.fg for row in screen.buffer.values() for cell in row.values()} - {"default"}


def seen(*arguments, **environment):
    """Run `preheat` with these arguments in a terminal, after a prompt as a person would have it."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    kept = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "NO_COLOR")}
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, *arguments],
        stdin=theirs, stdout=theirs, stderr=theirs, env=kept | {"TERM": "xterm-256color"} | environment,
    ) as process:  # fmt: skip
        os.close(theirs)
        screen = pyte.Screen(COLUMNS, LINES)
        stream = pyte.ByteStream(screen)
        stream.feed(b"$ preheat\r\n")
        for part in parts(ours):
            stream.feed(part)
        stream.feed(b"$ ")
    os.close(ours)
    return Seen(screen, process.returncode)


def parts(end):
    """What arrives at an end of a terminal until the other is closed, which Linux says by an error."""
    while True:
        try:
            part = os.read(end, 65536)
        except OSError:
            return
        if not part:
            return
        yield part

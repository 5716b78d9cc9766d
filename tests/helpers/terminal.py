"""Runs the command `preheat`: in a pipe, or in a terminal of 80 columns and 24 lines."""

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
    """Run `preheat` in this process; returns its status, its standard output and its standard error."""
    entered = stdin if isinstance(stdin, bytes) else stdin.encode()
    given, out, err = (io.TextIOWrapper(io.BytesIO(start), "utf-8") for start in (entered, b"", b""))
    streams = patch.multiple(sys, argv=["preheat", *arguments], stdin=given, stdout=out, stderr=err)
    with streams, pytest.raises(SystemExit) as ending:
        main()
    out.seek(0)
    err.seek(0)
    return ending.value.code, out.read(), err.read()


class Seen:
    """The screen after a command has ended, and its exit status."""

    def __init__(self, screen, status):
        self.lines = [line.rstrip() for line in screen.display]
        self.text = "\n".join(self.lines).rstrip()
        self.status = status
        self.colours = {cell.fg for row in screen.buffer.values() for cell in row.values()} - {"default"}


def seen(*arguments, **environment):
    """Run `preheat` in a terminal, between two prompts."""
    near, far = pty.openpty()
    ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    kept = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "NO_COLOR")}
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, *arguments],
        stdin=far, stdout=far, stderr=far, env=kept | {"TERM": "xterm-256color"} | environment,
    ) as process:  # fmt: skip
        os.close(far)
        screen = pyte.Screen(COLUMNS, LINES)
        stream = pyte.ByteStream(screen)
        stream.feed(b"$ preheat\r\n")
        for part in parts(near):
            stream.feed(part)
        stream.feed(b"$ ")
    os.close(near)
    return Seen(screen, process.returncode)


def parts(end):
    """What arrives at one end of a terminal until the other end is closed; Linux then raises an error."""
    while True:
        try:
            part = os.read(end, 65536)
        except OSError:
            return
        if not part:
            return
        yield part

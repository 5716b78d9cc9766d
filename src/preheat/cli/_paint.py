"""Colour and room: what a terminal takes and a pipe does not."""

import os
import sys
from shutil import get_terminal_size
from textwrap import fill

import click

__all__ = ["WIDTH", "coloured", "folded", "painted", "plain_characters", "room"]

WIDTH = 80  # where nothing says how wide


def coloured() -> bool:
    """Whether the standard output takes colour: a terminal that is not dumb, without NO_COLOR."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def painted(line: str, word: str, colour: str) -> str:
    """A line with its first `word` in colour."""
    return line.replace(word, click.style(word, fg=colour, bold=True), 1) if coloured() else line


def folded(line: str, indent: str = "") -> str:
    """A line that a terminal would break anywhere, broken between words; whole in a pipe."""
    if not sys.stdout.isatty():
        return line
    return fill(line, room()[0], subsequent_indent=f"{indent}  ", break_long_words=False, break_on_hyphens=False)


def plain_characters() -> bool:
    """Whether the standard output can write no more than ASCII."""
    try:
        "\u2588".encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return True
    return False


def room() -> tuple[int, int]:
    """Columns and lines of the terminal; 80 and 24 in a pipe."""
    size = get_terminal_size((WIDTH, 24))
    return size.columns, size.lines

"""Colour and width: what a terminal takes and a pipe does not."""

import os
import sys
from shutil import get_terminal_size
from textwrap import fill
from typing import Any

import click

__all__ = ["WIDTH", "colored", "finding_lines", "folded", "needs_ascii", "size"]

WIDTH, HEIGHT = 80, 24  # of a pipe
COLORS = {"wrong": "red", "note": "yellow"}


def colored() -> bool:
    """Whether the standard output takes colour: a terminal that is not dumb, without NO_COLOR."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def folded(line: str, indent: str = "") -> str:
    """A line broken between words where a terminal would break it anywhere; left whole in a pipe."""
    if not sys.stdout.isatty():
        return line
    return fill(line, size()[0], subsequent_indent=f"{indent}  ", break_long_words=False, break_on_hyphens=False)


def finding_lines(finding: Any) -> str:
    """A finding of `lint`, folded, its kind in colour."""
    text = folded(str(finding))
    if not colored():
        return text
    return text.replace(finding.kind, click.style(finding.kind, fg=COLORS[finding.kind], bold=True), 1)


def needs_ascii() -> bool:
    """Whether the standard output can write no more than ASCII."""
    try:
        "\u2588".encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return True
    return False


def size() -> tuple[int, int]:
    """Columns and lines of the terminal; 80 and 24 in a pipe."""
    terminal = get_terminal_size((WIDTH, HEIGHT))
    return terminal.columns, terminal.lines

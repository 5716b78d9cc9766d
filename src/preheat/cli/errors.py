"""Errors as the user sees them: an exception becomes a line or two on the standard error."""

import sys
from contextlib import suppress
from shutil import get_terminal_size
from textwrap import fill
from traceback import extract_tb

__all__ = ["FAILED", "complain", "sentence"]

FAILED = 2  # exit status
EXTRAS = {  # the extra of pyproject.toml that installs a package
    "click": "cli", "rich": "cli", "plotille": "cli", "torch": "torch", "matplotlib": "plot", "plotly": "html",
}  # fmt: skip
LONGEST = 1_000  # characters of a line


def complain(text: str) -> int:
    """Print what is wrong to the standard error; returns the exit status."""
    lines = [_shortened(line) for line in text.split("\n")]
    if sys.stderr is not None:  # None: it is closed
        if sys.stderr.isatty():  # which would break lines inside words
            lines = [fill(line, get_terminal_size().columns) for line in lines]
        _write("\n".join(lines) + "\n")
    return FAILED


def _write(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:  # a full disk: the exit status is all that is left to say
        sys.stderr = None


def _shortened(line: str) -> str:
    """A line without the middle of a very long one: an argument may have a hundred thousand characters."""
    return line if len(line) <= LONGEST else f"{line[: LONGEST // 2]} ... {line[-LONGEST // 2 :]}"


def sentence(error: Exception) -> str:
    """What an exception says, in at most two lines.

    >>> sentence(ValueError("constant(value=nan): value must be a finite number"))
    'constant(value=nan): value must be a finite number'
    >>> sentence(ModuleNotFoundError("No module named 'plotly'", name="plotly.io"))
    'preheat needs plotly: pip install "preheat[html]"'
    """
    if isinstance(error, ModuleNotFoundError) and (package := (error.name or "").partition(".")[0]) in EXTRAS:
        return f'preheat needs {package}: pip install "preheat[{EXTRAS[package]}]"'
    if isinstance(error, OSError) and error.strerror:
        reason = error.strerror.lower()
        return f"preheat: {reason}" if error.filename is None else f"{error.filename}: {reason}"
    if isinstance(error, TypeError | ValueError):
        return _without_arrow(str(error))
    return _unexpected(error)


def _without_arrow(message: str) -> str:
    """A message whose third line points into the second: the second starts at that place instead."""
    first, *rest = message.split("\n")
    if len(rest) == 2 and rest[1].strip() == "^":  # noqa: PLR2004  # as `parse` points
        return f"{first}\n  here: {rest[0][rest[1].index('^') :]}"
    return first


def _unexpected(error: Exception) -> str:
    """An exception of the user's function, or a bug: its type, its message and the line that raised it."""
    place = ""
    with suppress(IndexError):
        frame = extract_tb(error.__traceback__)[-1]
        place = f" ({frame.filename}, line {frame.lineno})"
    first = str(error).partition("\n")[0]
    return f"preheat: {type(error).__name__}{': ' * bool(first)}{first}{place}"

"""Reading the TEXT of a plan: from the argument itself, from `@FILE`, or with `-` from the standard input."""

import codecs
import sys

import click

__all__ = ["plan_text"]

LARGEST = 10_000_000  # bytes; an endless file such as /dev/zero is read no further
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def plan_text(given: str, option: str) -> str:
    """The text of a plan.

    Args:
        given: the text, `@FILE` or `-`.
        option: the option or argument that it was given for, as the error names it.

    Raises:
        ValueError: the file or the standard input cannot be read, or is no text in UTF-8.
    """
    if given != "-" and not given.startswith("@"):
        return given
    try:
        return _decoded(_content(given))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
    except ValueError as error:
        reason = str(error)
    raise ValueError(f"{click.get_current_context().command_path}: {option} {given}: {reason}")


def _content(given: str) -> bytes:
    content: bytes
    if given != "-":
        with click.open_file(given[1:], "rb") as file:  # not pathlib, whose import takes as long as drawing the curve
            content = file.read(LARGEST + 1)
    elif sys.stdin is None:
        raise ValueError("the standard input is closed")
    else:
        content = sys.stdin.buffer.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"it must have at most {LARGEST:,} bytes")
    return content


def _decoded(content: bytes) -> str:
    """Text in UTF-8, with or without a byte order mark."""
    if content.startswith(UTF_16):
        raise ValueError("it must be text in UTF-8, and is UTF-16; save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"it must be text in UTF-8; byte {error.start} is not") from None
    if "\0" in text:
        raise ValueError("it must be text in UTF-8; it holds null bytes, as UTF-16 and binary files do")
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()

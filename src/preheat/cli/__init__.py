"""The command `preheat`.

Each subcommand is a file of its own in `commands/`; a new file there is a new subcommand.

Exit status: 0 if all is well, 1 for findings (`lint`) or a difference (`diff`), 2 if the command cannot do what was
asked, 130 after Ctrl-C. Errors are one or two lines on the standard error, never a traceback.
"""

import sys
from io import TextIOWrapper

from preheat.cli.errors import complain, sentence

__all__ = ["main"]

INTERRUPTED = 130  # 128 + SIGINT, as shells report it


def main() -> None:
    """Run the command line, and end the program."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file name may hold bytes that no encoding can print
    sys.exit(complain("preheat: the standard output is closed") if sys.stdout is None else _status())


def _status() -> int:
    """Run the command; any exception becomes an exit status."""
    try:
        from preheat.cli.app import run  # noqa: PLC0415  # click may not be installed

        status = run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        _discard_output()
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as ending:  # preheat never calls it
        return complain(f"preheat: code that this plan runs called sys.exit({ending.code!r})")
    except OSError as error:
        _discard_output()
        return complain(sentence(error))
    except Exception as error:  # noqa: BLE001  # a plan may call functions of the user's, which may raise anything
        return complain(sentence(error))
    return status


def _discard_output() -> None:
    """Drop what could not be written: Python would try again at exit, fail, and end with status 120."""
    sys.stdout = None

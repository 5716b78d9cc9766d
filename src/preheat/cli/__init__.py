"""The command `preheat`: its commands are functions of the files beside this one; `demo` stands beside its work.

It ends with 0 where all is well, 1 where there are findings (`lint`) or a difference (`diff`), 2 where it was asked for
what cannot be done, 130 when interrupted. What is wrong is said in one line or two, on the standard error.
"""

import sys
from shutil import get_terminal_size
from textwrap import fill

__all__ = ["main"]

EXTRAS = {  # what brings a package that is not installed
    "click": "cli", "rich": "cli", "plotille": "cli", "torch": "torch", "matplotlib": "plot", "plotly": "html",
}  # fmt: skip


def main() -> None:
    """Run the command line, and end the program."""
    try:
        from preheat.cli._app import run  # noqa: PLC0415  # click is perhaps not installed

        status = run(sys.argv[1:])
        sys.stdout.flush()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("preheat"):
            raise
        package = error.name.partition(".")[0]
        status = _say(f'preheat needs {package}: pip install "preheat[{EXTRAS.get(package, "all")}]"')
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stdout = None  # nothing is left to be flushed
        status = 0
    except (OSError, TypeError, ValueError) as error:
        status = _say(_short(error))
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


def _say(sentence: str) -> int:
    if sys.stderr.isatty():  # which would break it anywhere
        sentence = "\n".join(fill(line, get_terminal_size().columns) for line in sentence.split("\n"))
    sys.stderr.write(sentence + "\n")
    return 2


def _short(error: Exception) -> str:
    """What is wrong, in two lines at most: in place of an arrow under the text, the text from there on."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror.lower()}"
    sentence, *rest = str(error).split("\n")
    if len(rest) == 2 and rest[1].strip() == "^":  # noqa: PLR2004  # as parse points
        return f"{sentence}\n  here: {rest[0][rest[1].index('^') :]}"
    return sentence

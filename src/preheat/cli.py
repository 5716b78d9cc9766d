"""The command `preheat`: each of its commands is a function beside the work it does."""

import sys
from typing import TYPE_CHECKING, Annotated

from preheat import __version__

if TYPE_CHECKING:
    from typer import Typer


def main() -> None:
    """Run the command line, and end the program."""
    try:
        _app()()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("preheat"):
            raise
        sys.stderr.write(f'preheat needs {error.name}: pip install "preheat[all]"\n')
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


def _app() -> "Typer":
    import typer  # noqa: PLC0415  # perhaps not installed

    from preheat.demo._command import demo  # noqa: PLC0415  # needs typer too

    def show(wanted: bool) -> None:  # noqa: FBT001  # as typer calls it
        if wanted:
            typer.echo(f"preheat {__version__}")
            raise typer.Exit

    app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
    option = typer.Option("--version", callback=show, is_eager=True, help="Print the version and exit.")

    @app.callback()
    def preheat(*, version: Annotated[bool, option] = False) -> None:
        """Learning-rate schedules for PyTorch, warm-up first."""

    app.command()(demo)
    return app

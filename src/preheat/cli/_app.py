"""The commands put together, and what click says of bad usage put in one line."""

from collections.abc import Sequence

import click

from preheat import __version__
from preheat.cli import _compare, _list, _see, _write
from preheat.cli._read import examples
from preheat.cli.inspect import command as _stand
from preheat.demo._command import demo

__all__ = ["run"]

COMMANDS = (
    _see.show, _see.plot, _write.table, _compare.diff, _compare.lint, _compare.rank, _write.resolve, _list.like,
    _list.shapes, _stand.inspect, demo,
)  # fmt: skip
SHELLS = ("bash", "zsh", "fish")
ENDS = "It ends with status 0 if all is well, 1 on findings or a difference, 2 if it was asked for what cannot be done."


def run(arguments: Sequence[str]) -> int:
    """Run a command; returns the status to end with.

    Raises:
        KeyboardInterrupt: it was interrupted.
        BrokenPipeError: nobody reads what it prints.
    """
    try:
        return int(preheat.main(list(arguments), prog_name="preheat", standalone_mode=False) or 0)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        path = "preheat" if context is None else context.command_path
        said = error.format_message().rstrip(".")
        stop = "" if said.endswith("?") else ";"
        click.echo(f"{path}: {said[:1].lower()}{said[1:]}{stop} `{path} --help` says more", err=True)
        return 2
    except SystemExit:  # how click ends when nobody reads on
        raise BrokenPipeError from None
    except click.Abort:
        raise KeyboardInterrupt from None


def _completion(context: click.Context, option: click.Parameter, shell: str | None) -> None:
    from click.shell_completion import get_completion_class  # noqa: PLC0415  # for this option only

    del option
    if shell is not None and (made := get_completion_class(shell)) is not None:
        click.echo(made(context.command, {}, "preheat", "_PREHEAT_COMPLETE").source())
        context.exit()


class InOrder(click.Group):
    """Its commands are listed in the order in which they were added, not by their letters."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        del ctx
        return list(self.commands)


@click.group(
    cls=InOrder,
    epilog=examples(
        'preheat show "warmup(100) >> cosine(1, 0.1, steps=900)"',
        "preheat lint @plan.txt --total-steps 1000",
        "preheat inspect checkpoint.pt",
    )
    + "\n\n"
    + ENDS,
    invoke_without_command=True,
)
@click.version_option(__version__, message="preheat %(version)s", help="Print the version and exit.")
@click.option(
    "--completion", type=click.Choice(SHELLS), callback=_completion, is_eager=True, expose_value=False,
    help='Print what a shell needs to complete commands: eval "$(preheat --completion bash)".',
)  # fmt: skip
@click.pass_context
def preheat(context: click.Context) -> None:
    """Learning-rate schedules for PyTorch, warm-up first: look at a plan, check it, compare it, before it trains.

    TEXT is a plan as preheat writes it. With @FILE it is read from a file, with - from the standard input.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
        context.exit(2)


for command in COMMANDS:
    preheat.add_command(command)

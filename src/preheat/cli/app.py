"""The group `preheat` and its commands, and click's own errors in one line."""

import os
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import click
from click.shell_completion import get_completion_class, shell_complete

from preheat import __version__
from preheat.cli import commands
from preheat.cli.errors import complain, sentence
from preheat.cli.options import examples

__all__ = ["run"]

COMPLETE = "_PREHEAT_COMPLETE"  # the environment variable by which a shell asks for completions
SHELLS = ("bash", "zsh", "fish")
STATUS = "The exit status is 0 if all is well, 1 on findings or a difference, 2 on an error."


def run(arguments: Sequence[str]) -> int:
    """Run a command; returns the exit status."""
    if instruction := os.environ.get(COMPLETE):
        return shell_complete(preheat, {}, "preheat", COMPLETE, instruction)
    try:
        # Not `preheat.main`, which ends the program by itself where nobody reads the output.
        with preheat.make_context("preheat", list(arguments)) as context:
            return int(preheat.invoke(context) or 0)
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.ClickException as error:
        return complain(_usage(error))


def _usage(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    path = "preheat" if context is None else context.command_path
    message = error.format_message().rstrip(".")
    stop = "" if message.endswith("?") else ";"
    return f"{path}: {message[:1].lower()}{message[1:]}{stop} `{path} --help` says more"


class Commands(click.Group):
    """Each command is in the file of `commands/` that has its name; only the one that runs is imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands."""
        del ctx
        return sorted(module.name for module in iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = getattr(import_module(f"preheat.cli.commands.{cmd_name}"), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for; the error for a file names that command."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.filename is None:
                raise
            raise ValueError(f"{ctx.command_path} {ctx.invoked_subcommand}: {sentence(error)}") from error


def _completion(context: click.Context, option: click.Parameter, shell: str | None) -> None:
    del option
    if shell is not None and (made := get_completion_class(shell)) is not None:
        click.echo(made(context.command, {}, "preheat", COMPLETE).source())
        context.exit()


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        'preheat show "warmup(100) >> cosine(1, 0.1, steps=900)"',
        "preheat lint @plan.txt --total-steps 1000",
        "preheat inspect checkpoint.pt",
    )
    + "\n\n"
    + STATUS,
    invoke_without_command=True,
)
@click.version_option(__version__, message="preheat %(version)s", help="Print the version and exit.")
@click.option(
    "--completion", type=click.Choice(SHELLS), callback=_completion, is_eager=True, expose_value=False,
    help='Print the script that completes commands: eval "$(preheat --completion bash)".',
)  # fmt: skip
@click.pass_context
def preheat(context: click.Context) -> None:
    """Learning-rate schedules for PyTorch, warm-up first: plot, check and compare plans before you train.

    TEXT is a plan as preheat writes it; @FILE reads it from a file, - from the standard input.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
        context.exit(2)

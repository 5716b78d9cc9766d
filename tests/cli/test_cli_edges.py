"""The command `preheat` where its surroundings fail it: streams, files, encodings and modules; never a traceback."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from preheat.cli import commands
from preheat.cli.errors import EXTRAS, LONGEST
from preheat.cli.plan_text import LARGEST
from terminal import MAIN, piped

PREHEAT = f"{shlex.quote(sys.executable)} -c {shlex.quote(MAIN)}"
PLAN = "linear(0, 1, steps=4)"
COMMANDS = sorted(file.stem for file in Path(commands.__file__).parent.glob("[!_]*.py"))
NULLS = "it must be text in UTF-8; it holds null bytes, as UTF-16 and binary files do"
NO_FILE = "no such file or directory"


def shell(line, folder):
    """Run a line of the shell in a folder; `preheat` in it is the command. Returns status, output and errors."""
    script = f'preheat() {{ {PREHEAT} "$@"; }}; {line}'
    done = subprocess.run(["/bin/sh", "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def imported(folder, source, *options):
    """What `preheat` says of a module with this source."""
    (folder / "mine.py").write_text(source, "utf-8")
    return shell(f"preheat resolve {shlex.quote(PLAN)} --import mine {shlex.join(options)}", folder)


# Streams


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("preheat show - <&-", "preheat show: TEXT -: the standard input is closed"),
        ("preheat resolve 'warmup(4)' >&-", "preheat: the standard output is closed"),
        ("preheat --help >&-", "preheat: the standard output is closed"),
        ("preheat resolve 'warmup(4)' >/dev/full", "preheat: no space left on device"),
        ("preheat table 'warmup(100_000)' >/dev/full", "preheat: no space left on device"),
        ("preheat --help >/dev/full", "preheat: no space left on device"),
    ],
)
def test_a_stream_that_fails_is_one_line_and_status_2(tmp_path, line, sentence):
    assert shell(line, tmp_path) == (2, "", f"{sentence}\n")


def test_a_closed_input_is_no_matter_to_who_reads_none(tmp_path):
    assert shell("preheat resolve 'warmup(4)' <&-", tmp_path) == (0, f"{PLAN}\n", "")


@pytest.mark.parametrize("nowhere", ["2>&-", "2>/dev/full"])
def test_an_error_that_cannot_be_printed_is_still_status_2(tmp_path, nowhere):
    assert shell(f"preheat show 'cosin(' {nowhere}", tmp_path) == (2, "", "")


@pytest.mark.parametrize("line", ["preheat --help", "preheat -h", "preheat shapes"])
def test_a_reader_that_reads_nothing_is_no_error(tmp_path, line):
    status = 'echo "status $?" >&2'
    assert shell(f"{{ {line}; {status}; }} | :", tmp_path)[2] == "status 0\n"


# Files


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["show", "@gone.txt"], f"preheat show: TEXT @gone.txt: {NO_FILE}"),
        (["plot", "warmup(4)", "@gone.txt"], f"preheat plot: TEXT @gone.txt: {NO_FILE}"),
        (["diff", "warmup(4)", "@gone.txt"], f"preheat diff: B @gone.txt: {NO_FILE}"),
        (["inspect", "gone.pt"], f"preheat inspect: gone.pt: {NO_FILE}"),
        (["inspect", "gone.pt", "--plan", "@gone.txt"], f"preheat inspect: --plan @gone.txt: {NO_FILE}"),
        (["plot", "warmup(4)", "-o", "gone/x.svg"], f"preheat plot: gone/x.svg: {NO_FILE}"),
        (["plot", "warmup(4)", "-o", "gone/x.html"], f"preheat plot: gone/x.html: {NO_FILE}"),
        (["plot", "warmup(4)", "-o", "folder.svg"], "preheat plot: folder.svg: is a directory"),
        (["lint", "@folder.svg"], "preheat lint: TEXT @folder.svg: is a directory"),
        (["lint", "@"], f"preheat lint: TEXT @: {NO_FILE}"),
        (["lint", "@/dev/zero"], f"preheat lint: TEXT @/dev/zero: it must have at most {LARGEST:,} bytes"),
        (["demo", "--out", "/dev/null/x"], "preheat demo: /dev/null/x: not a directory"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_command(tmp_path, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.svg").mkdir()
    assert piped(*arguments) == (2, "", f"{sentence}\n")


def test_an_endless_input_is_read_no_further_than_a_plan_may_be_long(tmp_path):
    error = f"preheat show: TEXT -: it must have at most {LARGEST:,} bytes\n"
    assert shell("preheat show - </dev/zero", tmp_path) == (2, "", error)


def test_a_file_without_permission_is_one_line(monkeypatch):
    def refuse(file, *_, **__):
        raise PermissionError(13, "Permission denied", file)

    monkeypatch.setattr("click.open_file", refuse)  # root may read every file
    assert piped("show", "@plan.txt") == (2, "", "preheat show: TEXT @plan.txt: permission denied\n")


# Encodings


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfwarmup(4)", b"\r\nwarmup(\r\n4)\r\n", b"warmup(\r4)"])
def test_text_is_read_as_other_systems_write_it(tmp_path, content):
    (tmp_path / "plan.txt").write_bytes(content)
    assert piped("resolve", f"@{tmp_path / 'plan.txt'}") == (0, f"{PLAN}\n", "")
    assert piped("resolve", "-", stdin=content) == (0, f"{PLAN}\n", "")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("warmup(4)".encode("utf-16"), "it must be text in UTF-8, and is UTF-16; save it as UTF-8"),
        ("warmup(4)".encode("utf-16-le"), NULLS),
        ("warmup(4)".encode("utf-32"), "it must be text in UTF-8, and is UTF-16; save it as UTF-8"),
        ("warmup(4) # für".encode("latin-1"), "it must be text in UTF-8; byte 13 is not"),
        (b"warmup(4)\0", NULLS),
    ],
)  # fmt: skip
def test_other_encodings_are_refused_in_words(content, reason):
    assert piped("show", "-", stdin=content) == (2, "", f"preheat show: TEXT -: {reason}\n")


def test_bytes_that_are_no_text_in_an_argument_are_shown_escaped(tmp_path):
    status, out, err = shell(r"""preheat plot 'warmup(4)' -o "$(printf 'x\377.svg')" """, tmp_path)
    assert (status, out, err) == (0, "wrote x\\udcff.svg\n", "")
    for line in (r"""preheat show "$(printf '\377')" """, r"""preheat "$(printf '\377')" """,
                 r"""preheat show 'warmup(4)' --import "$(printf '\377')" """):  # fmt: skip
        status, out, err = shell(line, tmp_path)
        assert (status, out, "\\udcff" in err, err.count("\n") <= 2) == (2, "", True, True)


@pytest.mark.parametrize("arguments", [["show", "x" * 99_999], ["y" * 99_999], ["show", "z", "--" + "w" * 99_999]])
def test_a_very_long_argument_makes_no_very_long_error(arguments):
    status, out, err = piped(*arguments)
    assert (status, out) == (2, "")
    assert len(err) < 2 * LONGEST + 100


# Modules and functions of the user's


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import sys; sys.exit(7)", "it raised SystemExit: 7"),
        ("def f(:", "it raised SyntaxError: invalid syntax (mine.py, line 1)"),
        ("1 / 0", "it raised ZeroDivisionError: division by zero"),
        ("raise RuntimeError('a\\nb')", "it raised RuntimeError: a"),
        ("raise GeneratorExit", "it raised GeneratorExit: "),
        ("import nowhere", "No module named 'nowhere'"),
        ("from preheat import nowhere", "it raised ImportError: cannot import name 'nowhere' from 'preheat'"),
    ],
)
def test_a_module_that_cannot_be_imported_is_one_line(tmp_path, source, reason):
    status, out, err = imported(tmp_path, source)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"--import mine: it must be a module that can be imported here; {reason}")


@pytest.mark.parametrize("name", ["", ".", ".mine", "mine..x", "mine.py/", "my module"])
def test_what_cannot_name_a_module_is_refused(name):
    sentence = f"--import {name}: it must be the name of a module, such as my_shapes\n"
    assert piped("resolve", PLAN, "--import", name) == (2, "", sentence)


def test_ctrl_c_while_a_module_loads_is_an_interrupt(tmp_path):
    assert imported(tmp_path, "raise KeyboardInterrupt") == (130, "", "")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("sys.exit(0)", "preheat: code that this plan runs called sys.exit(0)"),
        ("return 1 / 0", "preheat: ZeroDivisionError: division by zero"),
        ("return f(i)", "preheat: RecursionError: maximum recursion depth exceeded"),
    ],
)
def test_a_function_that_fails_ends_with_2_and_not_with_the_status_of_a_finding(tmp_path, body, error):
    (tmp_path / "mine.py").write_text(f"import sys\ndef f(i):\n    {body}\n", "utf-8")
    status, out, err = shell("preheat table 'function(\"mine:f\")' --at 0 --csv --import mine", tmp_path)
    assert (status, out, err.count("\n")) == (2, "update,value\n", 1)
    assert err.startswith(error)


# Help, and what belongs together


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_h_is_help(command):
    status, out, err = piped(*command, "-h")
    assert (status, err) == (0, "")
    assert out == piped(*command, "--help")[1]
    assert "-h, --help" in out


def test_a_file_of_the_folder_is_a_command():
    listed = piped("--help")[1].partition("Commands:\n")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in listed.splitlines() if line[2] != " "] == COMMANDS


@pytest.mark.parametrize("at", ["5:2", "0:0", "3,5:2", "0:9:-1"])
def test_table_refuses_to_print_no_update(at):
    part = at.rpartition(",")[2]
    error = f"table(at={at!r}): --at must name updates, and none is in {part!r}\n"
    assert piped("table", "warmup(9)", "--at", at) == (2, "", error)


def test_shapes_marks_the_names_of_parameters_which_may_be_words():
    assert "Falls by the factor `gamma` in `every` updates" in " ".join(piped("shapes", "exponential_decay")[1].split())
    assert "as triangular, but" in " ".join(piped("shapes", "triangular2")[1].split()).lower()  # no parameter: no mark


def test_every_extra_that_an_error_names_is_one_of_the_package(request):
    project = (request.config.rootpath / "pyproject.toml").read_text("utf-8")
    for package, extra in EXTRAS.items():
        (packages,) = (line for line in project.splitlines() if line.startswith(f"{extra} = ["))
        assert f'"{package}>=' in packages

"""A checkpoint names functions as text, and calls none that the program has not allowed."""

import json
import subprocess
import sys
import textwrap

import pytest

from preheat import PreheatWarning, constant, function
from preheat.torch import Scheduler
from terminal import piped
from training import make, update

MODULE = "marks_of_a_load"
PLAN = f'function("{MODULE}:mark")'
NOT_ALLOWED = "must call no function that the program has not allowed"


@pytest.fixture
def marks(tmp_path, monkeypatch):
    """The calls of a function in a module that is imported, and that nobody has allowed."""
    source = """
        MARKS = []


        def mark(i):
            MARKS.append(i)
            return 0.25
        """
    (tmp_path / f"{MODULE}.py").write_text(textwrap.dedent(source), "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("preheat._nodes.functions._ALLOWED", set())
    __import__(MODULE)
    yield sys.modules[MODULE].MARKS
    del sys.modules[MODULE]


def run(**options):
    """A Scheduler after three updates, and its state."""
    optimizer = make()
    scheduler = Scheduler(optimizer, constant(0.5), **options)
    for _ in range(3):
        update(optimizer)
        scheduler.step()
    return scheduler, scheduler.state_dict()


EDITED = {"edits": [0, 2, "lr", "'*'", 0, PLAN]}
REPLACED = {"plans": [PLAN], "resolved": [""]}


@pytest.mark.parametrize("change", [EDITED, REPLACED, {"resolved": [PLAN]}])
@pytest.mark.parametrize("on_change", ["code", "checkpoint", "error"])
@pytest.mark.filterwarnings("ignore::preheat.PreheatWarning")
def test_no_load_calls_a_function_that_a_file_names(change, on_change, marks):
    scheduler, state = run(on_change=on_change)
    try:
        scheduler.load_state_dict({**state, **change})
    except ValueError:
        assert scheduler.state_dict() == state
    assert marks == []


def test_a_replayed_edit_that_names_one_is_refused_in_words(marks):
    scheduler, state = run()
    with pytest.raises(ValueError, match=rf"{NOT_ALLOWED}.*pass functions=\[mark\] to Scheduler"):
        scheduler.load_state_dict({**state, **EDITED})
    assert (marks, scheduler.state_dict()) == ([], state)


def test_an_edit_must_be_a_plan():
    scheduler, state = run()
    with pytest.raises(ValueError, match=r"^load_state_dict\(edits\): a saved edit must be a plan, got None$"):
        scheduler.load_state_dict({**state, "edits": [0, 2, "lr", "'*'", 0, "None"]})
    assert scheduler.state_dict() == state


def test_so_is_a_saved_plan_that_is_to_be_followed(marks):
    scheduler, state = run(on_change="checkpoint")
    with pytest.raises(ValueError, match=NOT_ALLOWED):
        scheduler.load_state_dict({**state, **REPLACED})
    assert (marks, scheduler.state_dict()) == ([], state)


def test_a_run_whose_code_has_replaced_its_function_by_a_plan_goes_on_with_the_usual_warning(marks):
    scheduler, state = run()
    with pytest.warns(PreheatWarning, match=r"the plan of lr has changed; saved: function\(\"marks_of_a_load:mark\"\)"):
        scheduler.load_state_dict({**state, **REPLACED})
    assert scheduler.get_last_lr() == [0.5]
    assert marks == []


@pytest.mark.parametrize("how", ["as an object", "by name"])
@pytest.mark.filterwarnings("ignore::preheat.PreheatWarning")
def test_the_program_allows_it(how, marks):
    given = sys.modules[MODULE].mark if how == "as an object" else f"{MODULE}:mark"
    scheduler, state = run(on_change="checkpoint", functions=[given])
    scheduler.load_state_dict({**state, **REPLACED})
    assert scheduler.get_last_lr() == [0.25]
    assert marks


def test_what_the_program_has_used_itself_resumes(marks):
    optimizer = make()
    scheduler = Scheduler(optimizer, function(sys.modules[MODULE].mark))
    scheduler.replan(f'function("{MODULE}:mark")')
    state = scheduler.state_dict()
    again = Scheduler(make(), sys.modules[MODULE].mark)
    again.load_state_dict(state)
    assert again.state_dict() == state
    assert marks


def test_the_text_that_the_program_passes_is_its_own(marks):
    assert Scheduler(make(), PLAN).get_last_lr() == [0.25]
    assert marks


@pytest.mark.parametrize("change", [EDITED, REPLACED])
def test_inspect_shows_it_as_text_and_calls_nothing(change, marks, tmp_path):
    file = tmp_path / "state.json"
    file.write_text(json.dumps({**run()[1], **change}), "utf-8")
    status, out, err = piped("inspect", str(file))
    assert (status, err) == (0, "")
    assert f"{MODULE}:mark" in out
    assert marks == []


@pytest.mark.parametrize(
    ("command", "status"),
    [(["lint", "--total-steps", "10"], 1), (["show"], 2), (["table", "--at", "0"], 2), (["plot"], 2), (["resolve"], 0)],
)
def test_no_command_calls_it(command, status, marks):
    name, *options = command
    found, _, err = piped(name, PLAN, *options)
    assert (found, marks) == (status, [])
    assert (status != 2) or f"--import {MODULE}" in err


def test_lint_fails_for_a_hostile_text():
    status, out, _ = piped("lint", 'function("os:_exit")', "--total-steps", "10")
    assert status == 1
    assert out.startswith("wrong: its text names a function that the program has not allowed")


@pytest.mark.parametrize("text", ['function("os:_exit")', 'function("posix:_exit")', 'function("time:sleep")'])
def test_a_hostile_edit_neither_ends_nor_hangs_the_process(text):
    code = f"""
import torch
from preheat import constant
from preheat.torch import Scheduler
optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
scheduler = Scheduler(optimizer, constant(1))
try:
    scheduler.load_state_dict({{**scheduler.state_dict(), "edits": [0, 5, "lr", "'*'", 0, {text!r}], "updates": [47]}})
except ValueError as error:
    print("refused")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "refused\n"), done.stderr

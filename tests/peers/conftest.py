"""How a peer is driven and how its curve is compared with ours; the largest differences are shown at the end.

`--record FILE` appends lines of JSON: for each schedule of a peer and each kind of plan that was held to it (plans of
one kind differ in numbers only) the name, the longest plan, and the largest difference in all cases. `make
peers-table` writes the page of docs from them; and no difference may be ten times what that page says.
"""

import json
import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from peers_table import updates_of

from preheat.torch import Scheduler

pytest.register_assert_rewrite("contract", "logs")

LARGEST: dict[str, float] = {}  # of each comparison: the largest difference, as a share of the largest value
RECORD: dict[tuple[str, str], tuple[str, float]] = {}  # of a schedule and a kind: a plan, and the largest difference
PRINTED = json.loads((Path(__file__).parents[2] / "docs" / "peers.json").read_text("utf-8"))["largest"]
NUMBER = re.compile(r"(?<![a-z_])-?\d[\d.e+-]*")


def pytest_addoption(parser):
    """Have the differences written to a file."""
    parser.addoption("--record", metavar="FILE", type=Path, help="append each schedule, its plan and its difference")
    parser.addoption("--cells", metavar="FILE", type=Path, help="write what was shown of each framework")


def pytest_configure(config):
    """Have the cells of the table of frameworks written."""
    if file := config.getoption("cells"):
        from contract import Cells

        config.pluginmanager.register(Cells(file))


def pytest_sessionfinish(session):
    """Write them."""
    if file := session.config.getoption("record"):
        rows = [{"schedule": name, "plan": plan, "difference": far} for (name, _), (plan, far) in RECORD.items()]
        with file.open("a", encoding="utf-8") as lines:
            lines.writelines(f"{json.dumps(row)}\n" for row in rows)


@pytest.fixture
def optimizer_with():
    """Make an optimizer of one parameter for each lr given."""

    def make(*lrs):
        groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr} for lr in lrs]
        return torch.optim.SGD(groups, lr=lrs[0])

    return make


@pytest.fixture(scope="session")
def timm_schedulers():
    """`timm.scheduler`, without the rest of timm, which needs torchvision."""
    return import_module("benchmarks._torture.of_others").timm()


@pytest.fixture
def lrs_used():
    """Train without gradients, stepping a scheduler as torch's docs do; the lr that each update used, group by group.

    An optimizer in a wrapper is updated by the wrapper's own step, given as `update`. Another knob than the lr can be
    asked for.
    """

    def drive(optimizer, updates, step=lambda: None, *, update=None, knob="lr"):
        used, update = [], update or optimizer.step
        recorder = optimizer.register_step_pre_hook(
            lambda optimizer, *_: used.append([float(group[knob]) for group in optimizer.param_groups])
        )
        for _ in range(updates):
            update()
            step()
        recorder.remove()
        return np.array(used)

    return drive


@pytest.fixture
def agree_along(optimizer_with, lrs_used, agree):
    """Hold our plan to a scheduler of theirs: the lr of each update, and the values after the plan's last."""

    def compare(plan, make, *, updates, lr):
        theirs, ours = optimizer_with(lr), optimizer_with(lr)
        expected = lrs_used(theirs, updates, make(theirs).step)
        owned = updates if plan.steps is None else min(updates, plan.steps)
        agree(lrs_used(ours, owned, Scheduler(ours, plan).step), expected[:owned])
        agree([[lr * value] for value in plan.values(updates)], expected)

    return compare


@pytest.fixture
def agree(request):
    """Hold two curves to each other, within a share of the largest value."""

    def compare(ours, theirs, *, within=1e-12):
        ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
        assert ours.shape == theirs.shape
        difference = abs(ours - theirs) / abs(theirs).max()
        LARGEST[request.node.name] = max(difference.max(), LARGEST.get(request.node.name, 0))
        worst = np.unravel_index(difference.argmax(), difference.shape)
        assert difference[worst] <= within, f"at {worst}: {ours[worst]!r}, theirs is {theirs[worst]!r}"
        return float(difference.max())

    return compare


@pytest.fixture
def record(request):
    """Remember a schedule of a peer by its name, with a plan that was held to it and the largest difference."""

    def note(schedule, plan, difference):
        text = repr(plan)
        kind = schedule, NUMBER.sub("#", text)
        longest, largest = RECORD.get(kind, (text, 0.0))
        RECORD[kind] = max(longest, text, key=updates_of), max(largest, difference)
        if not request.config.getoption("record"):
            assert schedule in PRINTED, f"{schedule} must be on the page; make peers-table writes it"
            assert difference <= 10 * max(PRINTED[schedule], 2**-52), f"the page says {PRINTED[schedule]:.0e}"

    return note


@pytest.fixture
def same_as(agree, record):
    """Hold a plan to the values of a schedule of theirs, and remember how close they are."""

    def compare(schedule, plan, theirs, *, base=1.0, within=1e-12):
        values = base * np.array(plan.values(len(theirs)))
        record(schedule, plan, agree(values, np.asarray(theirs, float).reshape(-1), within=within))

    return compare


@pytest.fixture
def same_along(optimizer_with, lrs_used, same_as):
    """Hold a plan to a schedule of theirs that drives an optimizer of one group."""

    def compare(schedule, plan, make, *, updates, lr=1.0, multiplies=True, knob="lr"):
        optimizer = optimizer_with(lr)
        theirs = lrs_used(optimizer, updates, make(optimizer).step, knob=knob)
        same_as(schedule, plan, theirs, base=lr if multiplies else 1.0)

    return compare


def pytest_terminal_summary(terminalreporter):
    """Show how close the curves are."""
    if LARGEST:
        terminalreporter.section("largest differences, as a share of the largest value")
    for name, difference in LARGEST.items():
        terminalreporter.write_line(f"{difference:9.1e}  {name}")

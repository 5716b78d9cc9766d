"""Processes that `torchrun` starts, two and four of them; what they do is in workers/, what they must see is here."""

import json
from pathlib import Path

import pytest
import torch

from contract import LR, PLAN, STOP, UPDATES, USED
from launching import torchrun

WORK = Path(__file__).parent / "workers" / "work.py"
WAYS = [
    "DDP", "DDP, lr a tensor", "FSDP2", "FSDP2, lr a tensor", "FSDP2, lr a DTensor", "FSDP2, lr a DTensor, on_device",
]  # fmt: skip
CHECKPOINTS = [
    "Stateful", "get_optimizer_state_dict", "get_optimizer_state_dict, lr a tensor",
    "get_optimizer_state_dict, lr a DTensor",
]  # fmt: skip
BASE = float(torch.tensor(LR))  # as a tensor of float32 holds it
ROUNDED = [float(torch.tensor(BASE * value)) for value in PLAN.values()]

every_way = pytest.mark.parametrize("way", WAYS)
every_checkpoint = pytest.mark.parametrize("way", CHECKPOINTS)
every_size = pytest.mark.parametrize("size", [2, 4])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What all of them saw: four that save, then two and one that load; and two of which one dies."""
    made = tmp_path_factory.mktemp("processes")
    torchrun(4, WORK, made, "ways", "save")
    torchrun(2, WORK, made, "ways", "load")
    torchrun(1, WORK, made, "load")
    torchrun(2, WORK, made, "elastic", options=["--max-restarts=1"])
    return made


@pytest.fixture(scope="module")
def seen(folder):
    """What each process saw of a task, in order."""

    def read(task, size):
        return [json.loads((folder / f"{task}, {rank} of {size}.json").read_text("utf-8")) for rank in range(size)]

    return read


def used(way):
    return ROUNDED if "ensor" in way else USED


@every_size
@every_way
def test_every_update_of_every_process_uses_its_value(seen, size, way):
    assert [one["ways"][way]["lrs"] for one in seen("ways", size)] == [used(way)[:STOP]] * size


@every_size
@every_way
def test_all_end_with_the_same_weights_and_each_had_its_own_samples(seen, size, way):
    first, *others = [one["ways"][way] for one in seen("ways", size)]
    assert all(first["weights"] == other["weights"] for other in others)
    assert all(first["losses"] != other["losses"] for other in others)


@every_way
def test_the_weights_do_not_depend_on_how_many_there_are(seen, way):
    two, four = (seen("ways", size)[0]["ways"][way]["weights"] for size in (2, 4))
    assert [torch.tensor(one) for one in two] == [pytest.approx(torch.tensor(one), abs=1e-5) for one in four]


@every_size
@every_way
def test_binding_and_stepping_send_nothing_and_a_check_does(seen, size, way):
    for one in seen("ways", size):
        assert one["ways"][way]["messages"] == 0
        assert one["ways"][way]["messages of a check"] > 0


@every_size
def test_the_step_that_torch_makes_to_have_a_state_moves_nothing_and_is_not_counted(seen, size):
    for one in seen("ways", size):
        assert one["fake step"] == {"steps at": [0.0], "moved": False, "counted": 0, "after": USED[:STOP]}


@every_size
def test_a_first_update_at_lr_0_is_counted_also_where_all_gradients_are_0(seen, size):
    for one in seen("ways", size):
        assert one["from zero"]["lrs"] == [0.0, *USED[: STOP - 1]]  # read at t, not t + 1, up to the peak


@every_size
def test_ranks_that_disagree_are_told_so_each_of_them(seen, size):
    who = f"check_ranks(): rank {size - 1} must agree with rank 0; its "
    other_plan = f"{who}plans is ['linear(0, 1, steps=8)'], that of rank 0 is {[repr(PLAN)]}"
    behind = f"{who}updates is [2], that of rank 0 is [3]"
    assert [one["told"] for one in seen("ways", size)] == [[other_plan, behind]] * size


@pytest.mark.parametrize("size", [1, 2])
@every_checkpoint
def test_a_checkpoint_of_four_is_loaded_by_fewer_bit_for_bit(seen, size, way):
    saved = seen("save", 4)[0][way]["stands"]
    assert saved["at"] == STOP
    assert [one[way]["stands"] for one in seen("load", size)] == [saved] * size


@pytest.mark.parametrize("size", [1, 2])
@every_checkpoint
def test_fewer_go_on_with_the_plan_where_four_stopped(seen, size, way):
    assert [one[way]["ends"]["lrs"] for one in seen("load", size)] == [used(way)[STOP:]] * size


@pytest.mark.parametrize("size", [1, 2])
@every_checkpoint
def test_fewer_end_where_four_would_have(seen, size, way):
    four, fewer = (seen(*which)[0][way]["ends"]["weights"] for which in (("save", 4), ("load", size)))
    assert [torch.tensor(one) for one in fewer] == [pytest.approx(torch.tensor(one), abs=1e-5) for one in four]


@every_checkpoint
def test_saving_changes_nothing(seen, way):
    assert [one[way]["ends"]["lrs"] for one in seen("save", 4)] == [used(way)] * 4


def test_a_job_that_lost_a_process_goes_on_from_its_checkpoint_with_the_same_values(seen):
    assert seen("life 0", 2) == [USED[:10]] * 2  # of which the last two are lost: every fourth was saved
    assert seen("life 1", 2) == [USED[8:UPDATES]] * 2


def test_and_ends_with_the_weights_of_one_that_lost_none(seen):
    for one in seen("elastic", 2):
        assert one["restarted"] == one["never stopped"]

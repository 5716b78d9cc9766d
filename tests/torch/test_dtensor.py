"""Tensors spread over processes: a knob that is a `DTensor`, and gradients of which each process has a part.

The processes are torch's fake ones: this is one of four, and whatever it asked of the others would come back as it was.
"""

import pytest
import torch
from torch import distributed
from torch.distributed.checkpoint.state_dict import _init_optim_state
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor, Replicate, Shard, distribute_tensor
from torch.distributed.tensor.debug import CommDebugMode
from torch.testing._internal.distributed.fake_pg import FakeStore

from preheat import PreheatWarning, linear, zero_based
from preheat.torch import Scheduler
from training import PLAN, VALUES, make, sentences, train, update, watched


@pytest.fixture(scope="module")
def mesh():
    distributed.init_process_group("fake", store=FakeStore(), rank=3, world_size=4)
    yield init_device_mesh("cpu", (4,))
    distributed.destroy_process_group()


@pytest.fixture
def spread(mesh):
    """A number on every process."""
    return lambda value: distribute_tensor(torch.tensor(value), mesh, [Replicate()])


@pytest.mark.parametrize("on_device", [False, True])
@pytest.mark.parametrize("peaks", [(1.0, 1.0), (1.0, 0.5)])
def test_a_knob_that_is_spread_stays_so_and_holds_each_value_rounded_once(spread, peaks, on_device):
    optimizer = make(torch.optim.SGD, *map(spread, peaks))
    scheduler = Scheduler(optimizer, PLAN, on_device=on_device)
    seen = watched(optimizer)
    train(optimizer, scheduler)
    assert seen == [[float(torch.tensor(peak * value)) for peak in peaks] for value in VALUES]
    assert [type(group["lr"]) for group in optimizer.param_groups] == [DTensor, DTensor]


def test_one_that_is_spread_stands_beside_one_that_is_not(spread):
    optimizer = make(torch.optim.SGD, spread(1.0), torch.tensor(0.5), 0.25)
    scheduler = Scheduler(optimizer, PLAN)
    update(optimizer)
    scheduler.step()
    assert scheduler.get_last_lr() == [0.5, 0.25, 0.125]
    assert [type(group["lr"]) for group in optimizer.param_groups] == [DTensor, torch.Tensor, float]


def test_to_write_one_asks_no_other_process(spread):
    optimizer = make(torch.optim.SGD, spread(1.0), spread(0.5))
    scheduler = Scheduler(optimizer, PLAN)
    with CommDebugMode() as asked:
        train(optimizer, scheduler, 4)
    assert asked.get_total_counts() == 0


def test_another_hand_that_writes_one_is_seen(spread):
    optimizer = make(torch.optim.SGD, spread(1.0))
    scheduler = Scheduler(optimizer, PLAN)
    train(optimizer, scheduler, 2)
    optimizer.param_groups[0]["lr"].fill_(0.125)
    with pytest.warns(PreheatWarning) as caught:
        scheduler.step()
    assert sentences(caught)[0].startswith("Scheduler: another hand has set lr of group 0 to 0.125, and the plan has ")
    assert scheduler.get_last_lr() == [0.75]


def test_one_of_which_a_process_has_a_part_is_refused(mesh):
    optimizer = make(torch.optim.SGD, distribute_tensor(torch.tensor([1.0]), mesh, [Shard(0)]))
    with pytest.raises(ValueError, match="replicated") as caught:
        Scheduler(optimizer, PLAN)
    assert str(caught.value) == ("Scheduler(): lr of group 0 must be replicated over its mesh, got (Shard(dim=0),)")


ZERO = zero_based(linear(0, 1, steps=4))


@pytest.mark.parametrize("peaks", [(1.0,), (1.0, 0.5), (torch.tensor(1.0),)])
def test_a_first_update_at_lr_0_counts_where_this_process_has_only_zeros_of_the_gradients(mesh, peaks):
    optimizer = make(torch.optim.SGD, *peaks)
    for group in optimizer.param_groups:  # of four rows, one that is 0 here and perhaps not elsewhere
        group["params"] = [torch.nn.Parameter(distribute_tensor(torch.ones(4, 2), mesh, [Shard(0)]))]
    scheduler = Scheduler(optimizer, ZERO)
    with CommDebugMode() as asked:
        update(optimizer, gradient=0.0)
    assert (scheduler.last_epoch, asked.get_total_counts()) == (1, 0)


@pytest.mark.parametrize("lr", [1.0, torch.tensor(1.0)])
def test_the_step_that_torch_makes_while_saving_does_not(mesh, lr):
    weight = torch.nn.Parameter(distribute_tensor(torch.ones(4, 2), mesh, [Shard(0)]))
    optimizer = torch.optim.AdamW([weight], lr=lr)
    scheduler = Scheduler(optimizer, ZERO)
    with CommDebugMode() as asked:
        _init_optim_state(optimizer)
    assert (scheduler.last_epoch, asked.get_total_counts()) == (0, 0)
    assert len(optimizer.state) == 1

"""Groups added to an optimizer while it trains: what `used` and `next` say of them, and where their clock begins."""

import pytest
import torch

from preheat import linear
from preheat.torch import Scheduler
from training import make, update, weight

RAMP = linear(0, 1, steps=10)
where = pytest.mark.parametrize("options", [{}, {"on_device": True}], ids=["host", "device"])


def lrs(knobs):
    return {key: pytest.approx(knob["lr"]) for key, knob in knobs.items()}


@where
@pytest.mark.parametrize("bases", [(1.0,), (1.0, 0.5)])
@pytest.mark.parametrize("saves", [False, True])
def test_a_group_that_took_no_part_in_the_last_update_is_left_out(options, bases, saves):
    optimizer = make(torch.optim.SGD, *bases)
    scheduler = Scheduler(optimizer, RAMP, **options)
    update(optimizer)
    scheduler.step()
    before, coming = scheduler.used(), scheduler.next()
    for more in range(1, 3):
        optimizer.add_param_group({"params": [weight()], "lr": 4.0})
        assert scheduler.used() == before
        assert {key: scheduler.next()[key] for key in coming} == coming
        if saves:
            scheduler.state_dict()
        scheduler.step()
        assert scheduler.used() == before
        assert len(scheduler.next()) == len(bases) + more
    update(optimizer)
    scheduler.step()
    late = {len(bases): 0.8, len(bases) + 1: 0.8}
    assert lrs(scheduler.used()) == {**{k: 0.2 * base for k, base in enumerate(bases)}, **late}


@where
def test_a_position_that_was_chosen_knows_all_groups(options):
    optimizer = make()
    scheduler = Scheduler(optimizer, RAMP, **options)
    for _ in range(2):
        update(optimizer)
        scheduler.step()
    optimizer.add_param_group({"params": [weight()], "lr": 4.0})
    scheduler.step()
    scheduler.seek(1)
    update(optimizer)
    scheduler.step()
    assert lrs(scheduler.used()) == {0: 0.2, 1: 0.8}


@where
def test_a_group_taken_in_while_an_update_runs_took_no_part(options):
    optimizer = make(torch.optim.SGD, 1.0, 0.5)
    scheduler = Scheduler(optimizer, RAMP, **options)
    scheduler.step()

    def closure():
        optimizer.add_param_group({"params": [weight()], "lr": 4.0})
        scheduler.state_dict()
        return torch.tensor(0.0)

    optimizer.step(closure)
    assert [float(group["lr"]) for group in optimizer.param_groups] == pytest.approx([0.1, 0.05, 4.0])
    assert set(scheduler.used()) >= {0, 1}


@where
@pytest.mark.parametrize("clock", ["updates", "calls"])
def test_a_group_with_a_clock_of_its_own_begins_at_the_beginning(options, clock):
    optimizer = make()
    scheduler = Scheduler(optimizer, RAMP, clock=clock, **options)
    for _ in range(3):
        update(optimizer)
        scheduler.step()
    optimizer.add_param_group({"params": [weight()], "lr": 1.0, "join": "from_zero"})
    late = []
    for _ in range(3):
        scheduler.step()
        late.append(float(optimizer.param_groups[1]["lr"]))
        update(optimizer)
    assert late == pytest.approx([0.1, 0.2, 0.3])

"""Optimizers that hold others: the plan reaches those inside, or it is said that it does not."""

import gc
import re
import warnings
import weakref
from importlib import import_module

import pytest
import torch
from torch import distributed

from preheat import constant, linear
from preheat.torch import Scheduler
from training import train, weight

RAMP = linear(0, 1, steps=10)
LATE = constant(1, steps=3) >> linear(1, 0, steps=7)


class Container(torch.optim.Optimizer):
    """Group dicts of its own over others that it steps, as torchtitan's `OptimizersContainer` has them."""

    def __init__(self, *optimizers):
        self.optimizers = list(optimizers)
        super().__init__([p for one in optimizers for g in one.param_groups for p in g["params"]], {"lr": 1.0})

    def step(self, closure=None):
        del closure
        for one in self.optimizers:
            one.step()


class LayerWise(torch.optim.Optimizer):
    """The dummy that transformers puts in the place of GaLore's optimizers; its step does nothing."""

    def __init__(self, optimizers):
        self.optimizer_dict = optimizers
        super().__init__([torch.ones(1, 1)], {"lr": 1.0})

    def step(self, closure=None):
        del closure


class Box(torch.optim.Optimizer):
    """Two optimizers side by side, written by hand."""

    def __init__(self, first, second):
        self.muon, self.adam = first, second
        super().__init__([*first.param_groups[0]["params"], *second.param_groups[0]["params"]], {"lr": 1.0})

    def step(self, closure=None):
        del closure
        self.muon.step()
        self.adam.step()


class Shared(torch.optim.Optimizer):
    """The inner optimizers' own group dicts, as pytorch_optimizer's and timm's composites have them."""

    def __init__(self, *optimizers):
        super().__init__([weight()], {})
        self.optimizers = optimizers
        self.param_groups = [group for one in optimizers for group in one.param_groups]

    def step(self, closure=None):
        del closure
        for one in self.optimizers:
            one.step()


def sgd(lr=1.0):
    return torch.optim.SGD([weight()], lr=lr)


DICT = "list(optimizer.optimizer_dict.values())"
CONTAINERS = {
    "a list": (lambda: Container(sgd(), sgd()), "Container", "optimizer.optimizers"),
    "a dict": (lambda: LayerWise({weight(): sgd(), weight(): sgd()}), "LayerWise", DICT),
    "two attributes": (lambda: Box(sgd(), sgd()), "Box", "[optimizer.muon, optimizer.adam]"),
}


@pytest.mark.parametrize(("make", "name", "way"), CONTAINERS.values(), ids=CONTAINERS)
@pytest.mark.parametrize(("plan", "made"), [(RAMP, 1), (LATE, 4)])
def test_a_container_whose_optimizers_do_not_follow_is_refused(make, name, way, plan, made):
    optimizer = make()
    scheduler = Scheduler(optimizer, plan)
    words = f"Scheduler(optimizer={name}): lr does not reach the optimizers inside; pass them: Scheduler({way}, ...)"
    with pytest.raises(RuntimeError, match=re.escape(words)):
        train(optimizer, scheduler, 10)
    assert scheduler.last_epoch == made  # the first update whose lr is another than at bind, and no more
    scheduler.close()
    optimizer.step()


def test_the_way_that_it_names_works():
    optimizer = Container(sgd(1.0), sgd(0.5))
    scheduler = Scheduler(optimizer.optimizers, RAMP)
    for _ in range(3):
        optimizer.step()
        scheduler.step()
    assert [one.param_groups[0]["lr"] for one in optimizer.optimizers] == [0.4, 0.2]


class Copying(Container):
    """Copies its lr inside at each step, times a factor of its own."""

    def step(self, closure=None):
        del closure
        for one in self.optimizers:
            one.param_groups[0]["lr"] = self.param_groups[0]["lr"] * 0.5
            one.step()


@pytest.mark.parametrize("plan", [RAMP, LATE])
def test_one_whose_optimizers_follow_is_cleared_and_costs_nothing_more(plan):
    optimizer = Copying(sgd(0.5))
    scheduler = Scheduler(optimizer, plan)
    assert len(optimizer._optimizer_step_pre_hooks) == 2
    assert train(optimizer, scheduler, 10) == plan.values()
    assert len(optimizer._optimizer_step_pre_hooks) == 1


def test_one_that_follows_in_part_is_refused():
    class Partly(Container):
        def step(self, closure=None):
            del closure
            self.optimizers[0].param_groups[0]["lr"] = self.param_groups[0]["lr"]

    optimizer = Partly(sgd(), sgd())
    with pytest.raises(RuntimeError, match="does not reach"):
        train(optimizer, Scheduler(optimizer, RAMP), 3)


def test_groups_that_are_left_alone_say_nothing():
    optimizer = Container(sgd())
    optimizer.add_param_group({"params": [weight()], "lr": 1.0})
    scheduler = Scheduler(optimizer, {0: RAMP, "*": None})
    train(optimizer, scheduler, 5)
    assert scheduler.last_epoch == 5


def test_a_composite_of_shared_dicts_is_followed_through_loads_of_those_inside():
    optimizer = Shared(sgd(1.0), sgd(0.5))
    scheduler = Scheduler(optimizer, RAMP)
    train(optimizer, scheduler, 3)
    for one in optimizer.optimizers:
        state = one.state_dict()
        state["param_groups"][0]["lr"] = 7.0
        one.load_state_dict(state)
    train(optimizer, scheduler, 1)
    assert [one.param_groups[0]["lr"] for one in optimizer.optimizers] == [0.5, 0.25]
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.25]
    scheduler.close()
    assert not any(one._optimizer_load_state_dict_post_hooks for one in optimizer.optimizers)


def test_an_inner_load_after_the_composite_is_gone_says_nothing():
    inner = sgd()
    optimizer = Shared(inner)
    gone = weakref.ref(optimizer)
    Scheduler(optimizer, RAMP)
    del optimizer
    gc.collect()
    assert gone() is None
    inner.load_state_dict(inner.state_dict())


@pytest.fixture
def alone(tmp_path):
    """A process group of one; the import of torch's distributed optimizers warns of torch's own doings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        optim = import_module("torch.distributed.optim")
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/group", rank=0, world_size=1)
    yield optim
    distributed.destroy_process_group()


@pytest.mark.parametrize("plan", [RAMP, LATE])
def test_zero_redundancy_is_followed(alone, plan):
    optimizer = alone.ZeroRedundancyOptimizer([weight()], torch.optim.SGD, lr=1.0)
    inner = optimizer.optim
    scheduler = Scheduler(optimizer, plan)
    used = []
    inner.register_step_post_hook(lambda one, *_: used.append(one.param_groups[0]["lr"]))
    train(optimizer, scheduler, 10)
    assert used == plan.values()


def test_so_is_local_sgd(alone):
    averagers = import_module("torch.distributed.algorithms.model_averaging.averagers")
    inner = sgd()
    optimizer = alone.PostLocalSGDOptimizer(inner, averagers.PeriodicModelAverager(period=4))
    scheduler = Scheduler(optimizer, RAMP)
    used = []
    inner.register_step_post_hook(lambda one, *_: used.append(one.param_groups[0]["lr"]))
    for _ in range(10):
        inner.param_groups[0]["params"][0].grad = torch.ones(2)
        optimizer.step()
        scheduler.step()
    assert used == RAMP.values()
    assert scheduler.last_epoch == 10

"""Wrappers with a part of an optimizer's hooks, and a construction that fails: nothing is left behind."""

from collections import OrderedDict, defaultdict

import pytest
import torch

from preheat import PreheatWarning, constant, function, linear
from preheat.torch import Plateau, Scheduler
from training import make, train

RAMP = linear(0, 1, steps=10)


class Lookahead(torch.optim.Optimizer):
    """An optimizer around another that has a part of the hooks, as timm's and pytorch_optimizer's have."""

    def __init__(self, optimizer, name):
        self._optimizer_step_pre_hooks = OrderedDict()
        self._optimizer_step_post_hooks = OrderedDict()
        self.name = name
        setattr(self, name, optimizer)
        self.state = defaultdict(dict)
        self.defaults = optimizer.defaults

    @property
    def param_groups(self):  # type: ignore[override]  # the inner one's
        return getattr(self, self.name).param_groups

    def step(self, closure=None):
        del closure
        getattr(self, self.name).step()


class Bare:
    """A wrapper that is no optimizer."""

    def __init__(self, optimizer, name):
        setattr(self, name, optimizer)
        self.param_groups = optimizer.param_groups
        self.step = optimizer.step


@pytest.mark.parametrize("wrapper", [Lookahead, Bare])
@pytest.mark.parametrize("name", ["optimizer", "base_optimizer", "_optimizer", "_base_optimizer", "base", "optim"])
def test_a_wrapper_without_all_hooks_is_followed(wrapper, name):
    inner = make()
    wrapped = wrapper(wrapper(inner, name), name)
    scheduler = Scheduler(wrapped, RAMP)
    assert scheduler.optimizer is inner
    used = []
    inner.register_step_post_hook(lambda one, *_: used.append(one.param_groups[0]["lr"]))
    for _ in range(10):
        wrapped.step()
        scheduler.step()
    assert used == RAMP.values()


def test_one_that_cannot_be_followed_is_refused_in_words_and_left_as_it_was():
    inner = make()
    wrapped = Lookahead(inner, "hidden")
    with pytest.raises(TypeError, match=r"working hooks; pass the inner optimizer, or clock=\"calls\""):
        Scheduler(wrapped, RAMP)
    assert (inner.param_groups[0]["lr"], "initial_lr" in inner.param_groups[0]) == (1.0, False)
    assert not wrapped._optimizer_step_pre_hooks
    scheduler = Scheduler(wrapped, RAMP, clock="calls")
    scheduler.step()
    assert inner.param_groups[0]["lr"] == 0.2


# All or nothing


def standing(optimizer):
    hooks = [
        list(getattr(optimizer, name).items())
        for name in ("_optimizer_step_pre_hooks", "_optimizer_step_post_hooks", "_optimizer_load_state_dict_post_hooks")
    ]
    return [dict(group) for group in optimizer.param_groups], hooks


def failing(_):
    raise ArithmeticError("no value")


class NoHooks(torch.optim.SGD):
    """Its last hook cannot be registered."""

    def register_load_state_dict_post_hook(self, *_):
        raise ArithmeticError("no hook")


def good(**options):
    return make(torch.optim.SGD, 1.0, 0.5, **options)


STAGES = {
    "a key that matches no group": (lambda: [good(), good()], {"plan": {"x": RAMP, "*": RAMP}}, ValueError),
    "a late group's join": (lambda: [good()], {"plan": {0: RAMP}}, ValueError),
    "a value out of range": (lambda: [good(), good()], {"plan": linear(0, -1, steps=4)}, ValueError),
    "a warning as an error": (lambda: [good()], {"lr": linear(0, 100, steps=4)}, PreheatWarning),
    "the feedback": (lambda: [good(), good()], {"plan": RAMP, "feedback": 1.0}, TypeError),
    "the feedback's place": (
        lambda: [good()],
        {"values": {"momentum": constant(0.5)}, "feedback": Plateau()},
        TypeError,
    ),
    "the second one's tensors": (
        lambda: [good(), torch.optim.Adam([torch.ones(2)], lr=torch.tensor(1.0), foreach=False, capturable=True)],
        {"plan": RAMP},
        ValueError,
    ),
    "a function's value": (lambda: [good(), good()], {"plan": function(failing)}, ArithmeticError),
    "a hook of the second": (lambda: [good(), make(NoHooks)], {"plan": RAMP}, ArithmeticError),
}


@pytest.mark.parametrize(("make_all", "given", "error"), STAGES.values(), ids=STAGES)
@pytest.mark.parametrize("replaces", [False, True])
def test_a_construction_that_fails_leaves_everything_as_it_was(make_all, given, error, replaces):
    optimizers = make_all()
    optimizers[0].param_groups[1]["join"] = "from_zero"
    first = None
    if replaces:
        knob = "momentum" if "values" in given else "lr"
        first = Scheduler(optimizers[0], values={knob: constant(0.25)})
    before = [standing(optimizer) for optimizer in optimizers]
    with pytest.raises(error):
        Scheduler(optimizers, **given)
    assert [standing(optimizer) for optimizer in optimizers] == before
    if first is not None:
        first.step()
        assert train(optimizers[0], updates=2) == [0.25 if knob == "lr" else 1.0] * 2


def test_a_tensor_is_the_same_object_with_the_same_value():
    lr = torch.tensor(1.0)
    optimizers = [make(torch.optim.SGD, lr), make(NoHooks)]
    with pytest.raises(ArithmeticError):
        Scheduler(optimizers, RAMP)
    assert optimizers[0].param_groups[0]["lr"] is lr
    assert float(lr) == 1.0

"""Updates that the hooks of the bound optimizer do not see: what is said, and when nothing is."""

import copy
import gc
import pickle
import weakref
from types import MethodType
from typing import Any

import pytest
import torch
from torch._dynamo.testing import CompileCounter
from torch.optim.optimizer import _global_optimizer_post_hooks

from preheat import PreheatWarning, constant, warmup
from preheat._torch.misuse.moves import Moves
from preheat.torch import Scheduler
from training import said

PLAN = warmup(10) >> constant(1)

WHO = "Scheduler: step() was called {} times and no update was counted"
NOBODY = (
    WHO + " and no gradient seen; pass the optimizer that steps; or, to fast-forward or to plot, use seek(k), "
    'plan.values() or clock="calls"'
)
MOVED = WHO + ', but the parameters moved, so they are stepped elsewhere; pass {}, or clock="calls"'
COPY = WHO + ", but a copy of the optimizer steps; pass the {} that steps"
SOMEBODY = "the optimizer that steps"


class Run:
    """A model, its optimizer and a Scheduler, with some updates counted."""

    def __init__(self, updates=0, kind=torch.optim.SGD, **options):
        torch.manual_seed(0)
        self.model: Any = torch.nn.Linear(4, 4)
        self.optimizer = kind(self.model.parameters(), lr=0.5)
        self.scheduler = Scheduler(self.optimizer, PLAN, **options)
        for _ in range(updates):
            self.update()
            self.scheduler.step()

    def backward(self, model=None, scale=1.0):
        ((model or self.model)(torch.ones(2, 4)).square().sum() * scale).backward()

    def update(self, optimizer=None, model=None):
        optimizer = optimizer or self.optimizer
        optimizer.zero_grad()
        self.backward(model)
        optimizer.step()

    def parameters(self):
        return list(self.model.parameters())


def hooks(*models):
    """The hooks that a watch has put on parameters, and on all optimizers."""
    parameters = [parameter for model in models for parameter in model.parameters()]
    return len(_global_optimizer_post_hooks) + sum(len(p._post_accumulate_grad_hooks or ()) for p in parameters)


@pytest.fixture(autouse=True)
def _no_hook_is_left():
    yield
    gc.collect()
    assert not _global_optimizer_post_hooks


counted = pytest.mark.parametrize("updates", [0, 1, 3])
where = pytest.mark.parametrize("options", [{}, {"on_device": True}], ids=["host", "device"])


# What is said


@where
@counted
def test_a_fast_forward_is_said_and_the_position_stays(updates, options):
    run = Run(updates, **options)

    def forward():
        for _ in range(50):
            run.scheduler.step()

    assert said(forward) == [NOBODY.format(24)]
    assert run.scheduler.last_epoch == updates
    assert hooks(run.model) == 0
    run.update()
    assert said(forward) == []
    assert run.scheduler.last_epoch == updates + 1


def test_so_is_a_loop_that_collects_values_to_plot():
    run = Run()
    values = []

    def collect():
        for _ in range(100):
            run.scheduler.step()
            values.append(run.scheduler.get_last_lr())

    assert said(collect) == [NOBODY.format(24)]


@where
@counted
def test_an_optimizer_made_anew_is_said_by_its_class(updates, options):
    run = Run(updates, **options)
    anew = torch.optim.Adam(run.model.parameters())

    def train():
        for _ in range(40):
            run.update(anew)
            run.scheduler.step()

    assert said(train) == [MOVED.format(7, "the Adam that steps")]
    assert hooks(run.model) == 0


@where
@counted
def test_a_model_copied_with_its_optimizer_is_said(updates, options):
    run = Run(updates, **options)
    model, optimizer = copy.deepcopy((run.model, run.optimizer))

    def train():
        for _ in range(40):
            run.update(optimizer, model)
            run.scheduler.step()

    assert said(train) == [COPY.format(24, "SGD")]
    assert hooks(run.model, model) == 0


@counted
def test_a_step_replaced_on_the_instance_is_said(updates):
    run = Run(updates, torch.optim.AdamW, clock="updates")
    run.optimizer.step = MethodType(vars(torch.optim.AdamW.step)["__wrapped__"], run.optimizer)

    def train():
        for _ in range(40):
            run.update()
            run.scheduler.step()

    assert said(train) == [MOVED.format(7, SOMEBODY)]


def test_a_fused_step_that_no_version_shows_is_said():
    run = Run(1)
    anew = torch.optim.AdamW(run.model.parameters(), fused=True)

    def train():
        for _ in range(40):
            run.update(anew)
            run.scheduler.step()

    assert said(train) == [MOVED.format(7, "the AdamW that steps")]


class SAM(torch.optim.Optimizer):
    """Sharpness-aware minimization, as its authors' reference implementation has it."""

    def __init__(self, params, base, rho=0.05, **options):
        super().__init__(params, {"rho": rho, **options})
        self.base_optimizer = base(self.param_groups, **options)
        self.param_groups = self.base_optimizer.param_groups

    @torch.no_grad()
    def first_step(self):
        for group in self.param_groups:
            for parameter in group["params"]:
                self.state[parameter]["e_w"] = parameter.grad * group["rho"]
                parameter.add_(self.state[parameter]["e_w"])
        self.zero_grad()

    @torch.no_grad()
    def second_step(self):
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.sub_(self.state[parameter]["e_w"])
        self.base_optimizer.step()
        self.zero_grad()

    def step(self, closure=None):
        self.first_step()
        torch.enable_grad()(closure)()
        self.second_step()


def sharp(updates):
    run = Run()
    run.optimizer = SAM(run.model.parameters(), torch.optim.SGD, lr=0.5)
    run.scheduler = Scheduler(run.optimizer, PLAN)
    for _ in range(updates):
        run.backward()
        run.optimizer.step(run.backward)
        run.scheduler.step()
    return run


@counted
def test_the_two_steps_of_sam_are_said_with_the_optimizer_inside(updates):
    run = sharp(updates)

    def train():
        for _ in range(40):
            run.backward()
            run.optimizer.first_step()
            run.backward()
            run.optimizer.second_step()
            run.scheduler.step()

    assert said(train) == [MOVED.format(7, "optimizer.base_optimizer")]


class Lomo(torch.optim.Optimizer):
    """Writes each parameter as soon as its gradient is there, as LOMO does."""

    def __init__(self, params, lr):
        super().__init__(params, {"lr": lr})
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.register_hook(self._updates(parameter, group))

    @staticmethod
    def _updates(parameter, group):
        def hook(gradient):
            parameter.data.add_(gradient, alpha=-group["lr"])

        return hook

    def fused_backward(self, loss):
        loss.backward()
        self.zero_grad()


def test_a_backward_that_updates_is_said():
    run = Run()
    run.optimizer = Lomo(run.model.parameters(), lr=0.01)
    run.scheduler = Scheduler(run.optimizer, PLAN)

    def train():
        for _ in range(40):
            run.optimizer.fused_backward(run.model(torch.ones(2, 4)).square().sum())
            run.scheduler.step()

    assert said(train) == [MOVED.format(7, SOMEBODY)]


@where
@counted
def test_parameters_moved_by_hand_are_said(updates, options):
    run = Run(updates, **options)

    def train():
        for _ in range(40):
            for parameter in run.parameters():
                parameter.data.add_(0.01)
            run.scheduler.step()

    assert said(train) == [MOVED.format(7, SOMEBODY)]


def test_a_hidden_optimizer_that_accumulates_is_said_in_the_end():
    run = Run()
    hidden = torch.optim.SGD(run.model.parameters(), lr=0.01)

    def train():
        for batch in range(60):
            run.backward()
            if batch % 3 == 2:
                hidden.step()
                hidden.zero_grad()
            run.scheduler.step()

    assert said(train) == [MOVED.format(27, "the SGD that steps")]


def test_it_is_said_once():
    run = Run()

    def forward():
        for _ in range(60):
            run.scheduler.step()

    assert said(forward) == [NOBODY.format(24)]
    run.update()
    run.scheduler.step()
    assert said(forward) == []
    assert hooks(run.model) == 0


# What is silent


def skips(**options):
    run = Run(2, **options)
    amp = torch.amp.GradScaler("cpu", init_scale=2.0**40)
    for i in range(60):
        run.optimizer.zero_grad()
        amp.scale(run.model(torch.ones(2, 4)).square().sum()).backward()
        if i < 20:
            run.parameters()[0].grad.fill_(torch.inf)
        amp.step(run.optimizer)
        amp.update()
        run.scheduler.step()
    assert run.scheduler.last_epoch == 42


def accumulation(*, updates=0, zeroed=False, batches=64, **options):
    run = Run(updates, **options)
    for _ in range(4):
        for _ in range(batches):
            run.backward(scale=0.01)
            if zeroed:
                run.optimizer.zero_grad()
            run.scheduler.step()
        run.backward(scale=0.01)
        run.optimizer.step()
        run.optimizer.zero_grad()
        run.scheduler.step()
    assert run.scheduler.last_epoch == updates + 4


def weights_loaded():
    run = Run(2)
    weights = [{k: torch.full_like(v, i) for k, v in run.model.state_dict().items()} for i in range(2)]
    for batch in range(100):
        run.backward(scale=0.01)
        if batch in (10, 50):
            run.model.load_state_dict(weights[batch // 50])
        run.scheduler.step()


def weights_swapped():
    run = Run(2)
    averaged = [parameter.detach() * 0.9 for parameter in run.parameters()]
    for _ in range(100):
        run.backward(scale=0.01)
        for k, parameter in enumerate(run.parameters()):  # in at one call, out at the next
            averaged[k], parameter.data = parameter.data, averaged[k]
        run.scheduler.step()


def idle_network(*, updates=0, **options):
    run, other = Run(updates, **options), torch.nn.Linear(4, 2)
    optimizer = torch.optim.SGD(other.parameters(), lr=0.1)
    for _ in range(100):
        run.update(optimizer, other)
        run.scheduler.step()
    assert hooks(run.model, other) == 0


def idle_twin():
    """A network of the same form, and it has a Scheduler of its own."""
    run, twin = Run(1), Run(1)
    for _ in range(100):
        twin.update()
        twin.scheduler.step()
        run.scheduler.step()


def handed_over():
    """Two optimizers of one network, one after the other, and both schedulers are called."""
    run = Run(1)
    second = torch.optim.Adam(run.model.parameters())
    scheduler = Scheduler(second, PLAN)
    for _ in range(100):
        run.update(second)
        run.scheduler.step()
        scheduler.step()


def many_callers():
    run = Run()
    for _ in range(20):
        run.update()
        for _ in range(8):
            run.scheduler.step()


def in_backward():
    run = Run()
    run.model = torch.nn.Sequential(*(torch.nn.Linear(4, 4) for _ in range(3)))
    optimizers = {parameter: torch.optim.SGD([parameter], lr=0.01) for parameter in run.parameters()}
    scheduler = Scheduler(list(optimizers.values()), PLAN)

    def step(parameter):
        optimizers[parameter].step()
        optimizers[parameter].zero_grad()

    for parameter in run.parameters():
        parameter.register_post_accumulate_grad_hook(step)
    for i in range(60):
        run.backward(run.model if i % 2 else run.model[:2])  # the last layer is not always in use
        scheduler.step()
    for _ in range(60):
        run.backward(run.model[:2])
        scheduler.step()


def unused(*, freeze, zeroed, updates=0):
    run = Run()
    run.model = torch.nn.Sequential(*(torch.nn.Linear(4, 4) for _ in range(3)))
    run.model[0].requires_grad_(not freeze)
    run.optimizer = torch.optim.AdamW(run.model.parameters(), lr=0.01)
    run.scheduler = Scheduler(run.optimizer, PLAN)
    for _ in range(updates):
        run.update()
        run.scheduler.step()
    for _ in range(100):
        run.backward(run.model[1:], scale=0.01)
        if zeroed:
            run.optimizer.zero_grad()
        run.scheduler.step()


def called(**options):
    run = Run(**options)
    for _ in range(100):
        run.scheduler.step()


def diverged():
    """Not a number is no number that moves."""
    run = Run(1)
    for parameter in run.parameters():
        parameter.data.fill_(torch.nan)
    for _ in range(100):
        run.backward()
        run.scheduler.step()


def unwatchable():
    """Frozen or empty parameters have no gradients to wait for."""
    optimizer = torch.optim.SGD([torch.zeros(2), torch.zeros(0)], lr=0.1)
    scheduler = Scheduler(optimizer, PLAN)
    for _ in range(100):
        scheduler.step()


SILENT = {
    "skips": skips,
    "skips on the device": lambda: skips(on_device=True),
    "skips in the kernel": lambda: skips(kind=lambda p, lr: torch.optim.SGD(p, lr, fused=True)),
    "micro-batches": accumulation,
    "micro-batches after updates": lambda: accumulation(updates=3),
    "micro-batches with zero_grad": lambda: accumulation(zeroed=True),
    "micro-batches on the device": lambda: accumulation(on_device=True),
    "very many micro-batches": lambda: accumulation(batches=600),
    "weights loaded": weights_loaded,
    "weights swapped": weights_swapped,
    "an idle network": idle_network,
    "an idle network after updates": lambda: idle_network(updates=3),
    "an idle network on the device": lambda: idle_network(on_device=True),
    "an idle network with a twin": idle_twin,
    "two optimizers in turn": handed_over,
    "many callers": many_callers,
    "optimizers in the backward": in_backward,
    "a frozen first layer": lambda: unused(freeze=True, zeroed=False),
    "a frozen first layer and zero_grad": lambda: unused(freeze=True, zeroed=True),
    "an unused first layer": lambda: unused(freeze=False, zeroed=False),
    "an unused first layer and zero_grad": lambda: unused(freeze=False, zeroed=True),
    "a first layer used no more": lambda: unused(freeze=False, zeroed=True, updates=2),
    "auto": lambda: called(auto=True),
    "auto on the device": lambda: called(auto=True, on_device=True),
    "calls": lambda: called(clock="calls"),
    "calls on the device": lambda: called(clock="calls", on_device=True),
    "manual": lambda: called(clock="manual"),
    "a run that has diverged": diverged,
    "nothing to learn": unwatchable,
}


@pytest.mark.parametrize("run", SILENT.values(), ids=SILENT)
def test_nothing_is_said_of(run):
    assert said(run) == []


# What it costs, and what it leaves


def test_on_a_device_values_are_compared_at_one_call_of_several():
    parameter = torch.nn.Parameter(torch.ones(100))
    moves = Moves([parameter])
    moves.waits = True  # as where comparing two tensors waits for the device
    seen = []
    for _ in range(8):
        parameter.data.add_(1)
        moves.look(now=False)
        seen.append(moves.in_a_row)
    assert seen == [0, 0, 0, 4, 4, 4, 4, 8]
    moves.look(now=True)
    assert (moves.in_a_row, moves.in_all) == (0, 8)


def test_short_rows_are_not_looked_into():
    run = Run(1)
    for _ in range(3):
        run.scheduler.step()
    assert hooks(run.model) == 0


def test_the_hooks_go_at_the_next_update_and_patience_grows():
    run = Run(1)
    lengths = []
    for _ in range(7):
        row = 0
        while hooks(run.model) == 0:
            row += 1
            run.backward(scale=0.01)
            run.scheduler.step()
        lengths.append(row)
        run.optimizer.step()
        assert hooks(run.model) == 0
        run.scheduler.step()
    assert lengths == [4, 8, 16, 32, 64, 64, 64]


def test_accumulation_is_soon_on_the_fast_path():
    run = Run(2)
    for _ in range(3):
        for _ in range(7):
            run.scheduler.step()
        run.update()
        run.scheduler.step()
    fast = run.scheduler._bindings[0].fast_step
    for _ in range(7):
        assert fast.step(run.scheduler._bindings[0], run.optimizer)
    assert hooks(run.model) == 0


@where
@pytest.mark.parametrize("end", ["close", "copy", "pickle", "seek", "replace", "drop"])
def test_the_hooks_go_with(end, options):
    run = Run(1, **options)
    for _ in range(6):
        run.scheduler.step()
    assert hooks(run.model) > 0
    if end == "close":
        run.scheduler.close()
    elif end == "copy":
        copy.deepcopy(run.scheduler)
    elif end == "pickle":
        pickle.dumps(run.scheduler)
    elif end == "seek":
        run.scheduler.seek(3)
    elif end == "replace":
        with pytest.warns(PreheatWarning, match="replaces the one"):
            Scheduler(run.optimizer, PLAN, **options)
    else:
        del run.scheduler, run.optimizer
    assert hooks(run.model) == 0


def test_nothing_keeps_the_optimizer():
    run = Run(1)
    for _ in range(12):
        run.scheduler.step()
    assert hooks(run.model) > 1
    gone = weakref.ref(run.optimizer)
    gc.disable()
    try:
        run.optimizer.zero_grad(set_to_none=True)
        del run.scheduler, run.optimizer
        assert gone() is None
    finally:
        gc.enable()
    assert hooks(run.model) == 0


@where
def test_a_warning_as_an_error_loses_no_update_and_leaves_no_hook(options):
    run = Run(2, **options)

    def forward():
        for _ in range(50):
            run.scheduler.step()

    with pytest.raises(PreheatWarning, match="no gradient seen"):
        forward()
    assert hooks(run.model) == 0
    run.update()
    run.scheduler.step()
    assert run.scheduler.last_epoch == 3
    assert run.scheduler.get_last_lr() == pytest.approx([0.2])


@where
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")  # what torch does to itself
def test_a_compiled_step_is_not_compiled_again(options):
    run = Run(**options)
    step = torch.compile(run.optimizer.step, backend=(counter := CompileCounter()))
    graphs: list[int] = []
    for _ in range(4):
        for _ in range(12):
            run.backward(scale=0.01)
            run.scheduler.step()
        step()
        graphs.append(counter.frame_count)
        run.optimizer.zero_grad(set_to_none=False)
        run.scheduler.step()
    assert run.scheduler.last_epoch == 4
    assert graphs[1:] == graphs[1:2] * 3

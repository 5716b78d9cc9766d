"""A run on the device: position and values are tensors, a step reads nothing back, and one graph can hold it."""

import copy
import logging
import pickle
import re

import pytest
import torch
from torch import _dynamo
from torch._dynamo.testing import CompileCounterWithBackend
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode
from torch.distributed.checkpoint.state_dict import _init_optim_state

from preheat import constant, linear, warmup
from preheat.torch import Plateau, Scheduler
from promises import BOUND, CATALOGUE, samples
from training import PLAN, VALUES, make, train, update, watched, weight

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:torch", "ignore:Converting a tensor with requires_grad:UserWarning"
)


def rounded(value, dtype=torch.float32):
    """As a tensor of the dtype holds it."""
    return float(torch.tensor(value, dtype=dtype))


USED = [rounded(value) for value in VALUES]


@pytest.fixture
def compiled():
    """A function that compiles another one, and counts its graphs."""
    _dynamo.reset()
    logging.disable(logging.WARNING)
    graphs = []

    def compile_it(function, **how):
        graphs.append(CompileCounterWithBackend("aot_eager"))
        return torch.compile(function, backend=graphs[-1], **how), graphs[-1]

    yield compile_it
    logging.disable(logging.NOTSET)
    _dynamo.reset()


def bare_step(optimizer):
    """The update alone, as torch's own tests compile it; it calls no hooks."""
    return type(optimizer).step.__wrapped__.__wrapped__


# As on the host


@pytest.mark.parametrize("calls", [0, 1, 3])
@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.AdamW])
def test_each_update_uses_its_value_rounded_once(kind, calls):
    optimizer = make(kind)
    scheduler = Scheduler(optimizer, PLAN, on_device=True)
    assert train(optimizer, scheduler, calls=calls) == USED
    assert scheduler.last_epoch == 40


def test_calls_are_counted_on_request():
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN, on_device=True, clock="calls")
    assert train(optimizer, scheduler) == USED
    assert scheduler.last_epoch == 40


def test_the_optimizer_drives_under_auto():
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN, on_device=True, auto=True)
    scheduler.step()
    assert train(optimizer) == USED


def test_a_number_becomes_a_tensor_of_float32_and_a_tensor_keeps_its_dtype():
    optimizer = make(torch.optim.SGD, 0.5, torch.tensor(0.5, dtype=torch.bfloat16), torch.tensor([0.5]))
    Scheduler(optimizer, linear(0, 1, steps=3), on_device=True)
    held = [group["lr"] for group in optimizer.param_groups]
    assert [lr.dtype for lr in held] == [torch.float32, torch.bfloat16, torch.float32]
    assert [lr.shape for lr in held] == [(), (), (1,)]
    assert [float(lr) for lr in held] == [rounded(0.5 / 3), rounded(0.5 / 3, torch.bfloat16), rounded(0.5 / 3)]


def test_groups_follow_each_its_plan_its_base_and_its_clock():
    optimizer = make(torch.optim.SGD, 1.0, 0.5, 0.25)
    scheduler = Scheduler(optimizer, {0: None, 1: PLAN, "*": linear(1, 0, steps=20)}, on_device=True)
    seen = watched(optimizer)
    for i in range(10):
        if i == 4:
            late = {"params": [weight()], "lr": 2.0, "join": "from_zero"}
            optimizer.add_param_group(late)
        update(optimizer)
        scheduler.step()
    falling = linear(1, 0, steps=20).values()
    assert seen[3] == [1.0, rounded(0.5 * VALUES[3]), rounded(0.25 * falling[3])]
    assert seen[4][3] == rounded(2 * falling[0])
    assert seen[9] == [1.0, rounded(0.5 * VALUES[9]), rounded(0.25 * falling[9]), rounded(2 * falling[5])]


def test_betas_of_adam_too():
    optimizer = make(torch.optim.AdamW, betas=(0.5, 0.75), foreach=False)
    scheduler = Scheduler(optimizer, PLAN, values={"betas[0]": linear(0.5, 0.9, steps=40)}, on_device=True)
    train(optimizer, scheduler, 3)
    beta, other = optimizer.param_groups[0]["betas"]
    assert (float(beta), other) == (rounded(linear(0.5, 0.9, steps=40)(3)), 0.75)
    assert scheduler.next() == {0: {"lr": USED[3], "betas[0]": float(beta)}}


def test_other_knobs_are_driven_by_a_second_scheduler_beside_it():
    optimizer = make(torch.optim.AdamW, weight_decay=0.5)
    scheduler = Scheduler(optimizer, PLAN, on_device=True)
    Scheduler(optimizer, scale={"weight_decay": PLAN})
    assert train(optimizer, scheduler) == USED
    assert optimizer.param_groups[0]["weight_decay"] == 0.5 * VALUES[-1]


def test_what_is_asked_is_read_when_it_is_asked():
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN, on_device=True)
    assert scheduler.used() == {}
    train(optimizer, scheduler, 3)
    assert (scheduler.used(), scheduler.next()) == ({0: {"lr": USED[2]}}, {0: {"lr": USED[3]}})
    assert (scheduler.last_epoch, scheduler.get_last_lr()) == (3, [USED[3]])


@pytest.mark.parametrize("calls", [0, 1])
def test_an_update_skipped_inside_the_kernel_does_not_count(calls):
    optimizer = make(torch.optim.AdamW, fused=True)
    scheduler = Scheduler(optimizer, PLAN, on_device=True)
    for skipped in (False, True, True, False, False):
        optimizer.found_inf = torch.tensor(float(skipped))
        update(optimizer)
        for _ in range(calls):
            scheduler.step()
    assert scheduler.last_epoch == 3


def test_nor_does_the_step_that_torch_makes_while_saving():
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN, on_device=True)
    _init_optim_state(optimizer)
    assert scheduler.last_epoch == 0
    assert train(optimizer, scheduler) == USED


def test_nor_where_a_knob_beside_the_lr_is_driven():
    betas = torch.tensor(0.5), torch.tensor(0.999)
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.ones(2))], lr=torch.tensor(1.0), betas=betas, foreach=False)
    scheduler = Scheduler(optimizer, values={"betas[0]": linear(0.5, 0.9, steps=4)}, on_device=True)
    _init_optim_state(optimizer)
    assert scheduler.last_epoch == 0


@pytest.mark.parametrize("start", [2**24, 2**31 - 2, 2**40])
def test_positions_are_exact_far_beyond_what_32_bits_hold(start):
    plan = linear(0, 1, steps=2**41)
    optimizer = make(torch.optim.SGD, torch.tensor(1.0, dtype=torch.float64))
    scheduler = Scheduler(optimizer, plan, on_device=True)
    scheduler.seek(start)
    assert train(optimizer, scheduler, 4) == [plan(start + i) for i in range(4)]
    assert scheduler.last_epoch == start + 4


# Saved, loaded, edited, copied


@pytest.mark.parametrize("clock", ["updates", "calls"])
@pytest.mark.parametrize("order", ["os", "so", "s"])
@pytest.mark.parametrize(("saved", "loaded"), [(True, True), (True, False), (False, True)])
def test_a_state_of_one_kind_is_a_state_of_the_other(saved, loaded, order, clock):
    optimizer = make(torch.optim.SGD, torch.tensor(1.0))
    scheduler = Scheduler(optimizer, PLAN, on_device=saved, clock=clock)
    train(optimizer, scheduler, 7)
    states = {"o": optimizer.state_dict(), "s": scheduler.state_dict()}
    again = make(torch.optim.SGD, torch.tensor(1.0))
    resumed = Scheduler(again, PLAN, on_device=loaded, clock=clock)
    for letter in order:
        {"o": again, "s": resumed}[letter].load_state_dict(states[letter])
    assert train(again, resumed, 33) == USED[7:]


def test_after_the_optimizers_state_is_loaded_the_tensors_are_those_that_a_graph_may_have_captured():
    optimizer = make(torch.optim.SGD, 1.0, 0.5)
    scheduler = Scheduler(optimizer, PLAN, on_device=True)
    held = [group["lr"] for group in optimizer.param_groups]
    state = copy.deepcopy(optimizer.state_dict())
    train(optimizer, scheduler, 7)
    optimizer.load_state_dict(state)
    assert all(group["lr"] is lr for group, lr in zip(optimizer.param_groups, held, strict=True))
    assert scheduler.get_last_lr() == [USED[7], rounded(0.5 * VALUES[7])]


def test_a_tensor_that_a_hand_has_put_in_their_place_lasts_until_the_next_update():
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN, on_device=True)
    held = optimizer.param_groups[0]["lr"]
    for other in (7.0, torch.tensor(7.0)):
        optimizer.param_groups[0]["lr"] = other
        update(optimizer)
        assert optimizer.param_groups[0]["lr"] is held
    assert scheduler.last_epoch == 2


def test_edits_are_followed():
    optimizer = make(torch.optim.SGD, torch.tensor(1.0, dtype=torch.float64))
    scheduler = Scheduler(optimizer, PLAN, on_device=True)
    train(optimizer, scheduler, 5)
    scheduler.replan(constant(0.5, steps=2) >> constant(0.25))
    assert train(optimizer, scheduler, 4) == [0.5, 0.5, 0.25, 0.25]
    scheduler.cooldown(2, shape="linear")
    assert train(optimizer, scheduler, 3) == [0.125, 0.0, 0.0]


@pytest.mark.parametrize("how", [copy.deepcopy, lambda both: pickle.loads(pickle.dumps(both))])
def test_a_copy_beside_its_optimizer_drives_the_copy(how):
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN, on_device=True)
    train(optimizer, scheduler, 7)
    twin, of_twin = how((optimizer, scheduler))
    assert train(twin, of_twin, 33) == USED[7:]
    assert scheduler.last_epoch == 7


def test_a_copy_made_alone_takes_over_at_its_first_call():
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN, on_device=True)
    train(optimizer, scheduler, 7)
    twin = copy.deepcopy(scheduler)
    with pytest.warns(UserWarning, match="replaces the one that drove these knobs"):
        twin.step()
    assert train(optimizer, twin, 33) == USED[7:]
    with pytest.raises(RuntimeError, match="closed: replaced"):
        scheduler.step()


@pytest.mark.parametrize("on_device", [True, False])
def test_the_optimizers_checkpoint_is_no_larger_than_with_tensors_apart(on_device, tmp_path):
    lrs = [torch.tensor(1.0) for _ in range(200)]
    apart, together = make(torch.optim.SGD, *lrs), make(torch.optim.SGD, *lrs)
    Scheduler(together, PLAN, on_device=on_device)
    sizes = []
    for optimizer in (apart, together):
        for group in optimizer.param_groups:
            group["initial_lr"] = 1.0
        torch.save(optimizer.state_dict(), tmp_path / "state.pt")
        sizes.append((tmp_path / "state.pt").stat().st_size)
    assert sizes[1] <= sizes[0]


# Nothing is read back


@pytest.mark.parametrize("clock", ["updates", "calls"])
def test_no_step_reads_a_number_of_a_tensor(clock):
    with FakeTensorMode():
        optimizer = make(torch.optim.AdamW, 1.0, 0.5, fused=True)
        scheduler = Scheduler(optimizer, {0: PLAN, 1: warmup(4) >> constant(1)}, on_device=True, clock=clock)
        for i in range(6):
            if i == 4:
                optimizer.found_inf = torch.zeros(())
            update(optimizer)
            scheduler.step()
        with pytest.raises(DataDependentOutputException):
            scheduler.state_dict()


def test_nor_where_there_are_no_numbers():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(2, device="meta"))], lr=1.0)
    scheduler = Scheduler(optimizer, PLAN, on_device=True)
    for _ in range(3):
        optimizer.step()
        scheduler.step()
    assert optimizer.param_groups[0]["lr"].is_meta


# In a graph


def updates_in_a_graph(optimizer, scheduler, several=1):
    def updates():
        with torch.no_grad():
            for _ in range(several):
                bare_step(optimizer)(optimizer)
                scheduler.step()

    return updates


@pytest.mark.parametrize(
    ("kind", "knobs", "several"), [(torch.optim.AdamW, {"foreach": False}, 1), (torch.optim.SGD, {}, 3)]
)
def test_the_update_and_its_schedule_are_one_graph(compiled, kind, knobs, several):
    optimizer = make(kind, 1.0, 0.5, **knobs)
    scheduler = Scheduler(optimizer, PLAN, on_device=True, clock="calls")
    update(optimizer)
    step, graphs = compiled(updates_in_a_graph(optimizer, scheduler, several), fullgraph=True)
    for i in range(1, 40 // several):
        step()
        assert scheduler.get_last_lr() == [rounded(base * PLAN(i * several)) for base in (1.0, 0.5)]
    assert graphs.frame_count == 1


def test_the_graph_moves_the_weights_as_plain_steps_do(compiled):
    weights = []
    for how in (compiled, lambda function, **_: (function, None)):
        optimizer = make(torch.optim.SGD, 0.125, momentum=0.5)
        scheduler = Scheduler(optimizer, PLAN, on_device=True, clock="calls")
        optimizer.param_groups[0]["params"][0].grad = torch.ones(2)
        step, _ = how(updates_in_a_graph(optimizer, scheduler), fullgraph=True)
        for _ in range(10):
            step()
        weights.append(optimizer.param_groups[0]["params"][0].tolist())
    assert weights[0] == pytest.approx(weights[1], rel=1e-6)


@pytest.mark.parametrize("on_device", [True, False])
@pytest.mark.parametrize("knobs", [{"foreach": False}, {"fused": True}])
def test_as_people_write_it_there_are_hardly_more_graphs_than_torch_makes_alone(compiled, knobs, on_device):
    counts = []
    for scheduled in (False, True):
        optimizer = make(torch.optim.AdamW, torch.tensor(1.0), **knobs)
        scheduler = Scheduler(optimizer, PLAN, on_device=on_device) if scheduled else None
        update(optimizer)

        def step(optimizer=optimizer, scheduler=scheduler):
            optimizer.step()
            if scheduler:
                scheduler.step()

        step, graphs = compiled(step)
        seen = []
        for i in range(2, 12):
            step()
            seen.append(graphs.frame_count)
            assert scheduler is None or scheduler.get_last_lr() == [USED[i]]
        counts.append(seen)
    assert counts[1][-1] <= counts[0][-1] + 2
    assert counts[1][4:] == [counts[1][4]] * 6


def test_beside_a_fused_step_the_schedule_is_one_graph(compiled):
    optimizer = make(torch.optim.AdamW, 1.0, 0.5, fused=True)
    scheduler = Scheduler(optimizer, PLAN, on_device=True)
    step, graphs = compiled(scheduler.step, fullgraph=True)
    for i in range(20):
        update(optimizer)
        step()
        assert scheduler.get_last_lr() == [rounded(base * PLAN(i + 1)) for base in (1.0, 0.5)]
    assert graphs.frame_count == 1


@pytest.mark.parametrize("fullgraph", [True, False])
def test_a_graph_without_the_hooks_that_count_is_refused_when_it_is_traced(compiled, fullgraph):
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN, on_device=True)
    optimizer.param_groups[0]["params"][0].grad = torch.ones(2)
    step, _ = compiled(updates_in_a_graph(optimizer, scheduler), fullgraph=fullgraph)
    with pytest.raises(RuntimeError) as caught:
        step()
    assert (
        'Scheduler(clock="updates"): the optimizer\'s hooks must count the updates, and none has been called; pass '
        'clock="calls" where the compiled step calls none, else make an update first'
    ) in str(caught.value)


# What cannot be


def on(*devices):
    return torch.optim.SGD([torch.nn.Parameter(torch.ones(1, device=device)) for device in devices], lr=1.0)


def late_foreach():
    optimizer = make(torch.optim.AdamW, foreach=True)
    optimizer.param_groups[0]["lr"] = torch.tensor(1.0)
    return optimizer


REFUSED = {
    "Scheduler(on_device=True, scale['weight_decay']=constant(1)): its knobs must be lr, or betas of Adam where it is "
    "not fused, for AdamW reads weight_decay on the host; drive it by a second Scheduler, without on_device": (
        lambda: make(torch.optim.AdamW, weight_decay=0.5),
        {"scale": {"weight_decay": constant(1)}},
    ),
    "Scheduler(on_device=True, values['betas[0]']=constant(0.5)): its knobs must be lr, or betas of Adam where it is "
    "not fused, for Adam reads betas[0] on the host; drive it by a second Scheduler, without on_device": (
        lambda: make(torch.optim.Adam, fused=True),
        {"values": {"betas[0]": constant(0.5)}},
    ),
    "Scheduler(on_device=True, plan=function(<lambda>)): its plan must be made of shapes, for a function of your own "
    "runs on the host; write it as a @shape": (make, {"plan": lambda i: 1 / (i + 1)}),
    "Scheduler(on_device=True): the parameters must be on one device, they are on cpu, meta; make an optimizer for "
    "each device, and pass them in a list": (lambda: on("cpu", "meta"), {"plan": PLAN}),
    'Scheduler(on_device=True, clock="manual"): clock must be "updates" or "calls", for advance() moves on the host': (
        make,
        {"plan": PLAN, "clock": "manual"},
    ),
    "Scheduler(on_device=True, feedback=...): feedback must be None, for it cuts the lr on the host": (
        make,
        {"plan": PLAN, "feedback": Plateau()},
    ),
    "Scheduler(optimizer=AdamW(foreach=True)): foreach must be False or None where lr is a tensor; pass fused=True or "
    "foreach=False": (lambda: make(torch.optim.AdamW, foreach=True), {"plan": PLAN}),
    "Scheduler(optimizer=AdamW(capturable=True)): capturable must be False on the CPU; pass fused=True or "
    "capturable=False": (lambda: make(torch.optim.AdamW, capturable=True), {"plan": PLAN}),
}


@pytest.mark.parametrize(("sentence", "case"), REFUSED.items(), ids=map(str, range(len(REFUSED))))
def test_what_cannot_stay_on_the_device_is_refused_at_bind(sentence, case):
    make_optimizer, given = case
    with pytest.raises(ValueError, match=r"^Scheduler\(") as caught:
        Scheduler(make_optimizer(), on_device=True, **given)
    assert str(caught.value) == sentence


def test_so_is_a_tensor_on_the_host_that_the_optimizer_will_not_take():
    with pytest.raises(ValueError, match=re.escape("AdamW(foreach=True)): foreach must be False or None where lr is")):
        Scheduler(late_foreach(), PLAN)
    Scheduler(make(torch.optim.AdamW, foreach=True), PLAN)
    Scheduler(make(torch.optim.AdamW, torch.tensor(1.0), fused=True, capturable=True), PLAN)


def test_on_device_is_true_or_false():
    with pytest.raises(TypeError, match=re.escape("Scheduler(on_device='cuda'): on_device must be True or False")):
        Scheduler(make(), PLAN, on_device="cuda")  # type: ignore[arg-type]  # that is the test


# The whole catalogue


def test_every_shape_in_one_graph_has_the_values_of_the_host(compiled):
    plans = [plan for make_shape in CATALOGUE for plan in samples(make_shape)[:2] if min(plan.values(24)) >= 0]
    optimizer = make(torch.optim.SGD, *[torch.tensor(1.0, dtype=torch.float64)] * len(plans))
    scheduler = Scheduler(optimizer, lr=dict(enumerate(plans)), on_device=True, clock="calls")
    step, graphs = compiled(scheduler.step, fullgraph=True)
    for i in range(1, 24):
        step()
        for plan, value in zip(plans, scheduler.get_last_lr(), strict=True):
            assert value == pytest.approx(plan(i), rel=BOUND, abs=1e-300), plan
    assert graphs.frame_count == 1

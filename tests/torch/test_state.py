"""The state of a scheduler: plain, flat and small; what becomes of one that does not fit."""

import io
import json
import re
import threading

import pytest
import torch
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import save

from preheat import PreheatWarning, constant, cosine, linear, warmup
from preheat.torch import Plateau, Scheduler
from training import PLAN, VALUES, make, train, update, watched


def through_torch(state):
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def through_json(state):
    return json.loads(json.dumps(state, allow_nan=False))


def edited_run():
    """A run with everything that a state can hold."""
    optimizer = make(torch.optim.SGD, 0.1, 0.03)
    scheduler = Scheduler(optimizer, {0: PLAN, "*": constant(1)}, feedback=Plateau(patience=0, factor=0.5))
    train(optimizer, scheduler, updates=9)
    scheduler.cooldown(30)
    for metric in (3.0, 2.0, 2.5):
        scheduler.observe(metric)
    optimizer.add_param_group({**make().param_groups[0], "lr": 0.2, "join": "from_zero"})
    train(optimizer, scheduler, updates=2)
    return optimizer, scheduler


def continued():
    """The same code, started again."""
    optimizer = make(torch.optim.SGD, 0.1, 0.03, 0.2)
    return optimizer, Scheduler(optimizer, {0: PLAN, "*": constant(1)}, feedback=Plateau(patience=0, factor=0.5))


@pytest.mark.parametrize("through", [through_torch, through_json])
def test_a_state_survives_files(through):
    optimizer, scheduler = edited_run()
    state = scheduler.state_dict()
    assert through(state) == state
    again, resumed_scheduler = continued()
    resumed_scheduler.load_state_dict(through(state))
    assert resumed_scheduler.state_dict() == state
    seen, expected = watched(again), watched(optimizer)
    train(again, resumed_scheduler, updates=18)
    train(optimizer, scheduler, updates=18)
    assert seen == expected


@pytest.mark.filterwarnings("ignore:torch.distributed is disabled")
def test_a_state_survives_a_distributed_checkpoint(tmp_path):
    optimizer, scheduler = edited_run()
    save({"scheduler": scheduler.state_dict()}, checkpoint_id=tmp_path, no_dist=True)
    again, fresh = continued()
    state = {"scheduler": fresh.state_dict()}
    load(state, checkpoint_id=tmp_path, no_dist=True)
    assert state["scheduler"] == scheduler.state_dict()
    fresh.load_state_dict(state["scheduler"])
    assert train(again, fresh, updates=18) == train(optimizer, scheduler, updates=18)


@pytest.mark.filterwarnings("ignore:torch.distributed is disabled")
def test_a_scheduler_is_stateful_to_a_distributed_checkpoint(tmp_path):
    optimizer, scheduler = edited_run()
    save({"scheduler": scheduler}, checkpoint_id=tmp_path, no_dist=True)
    again, fresh = continued()
    load({"scheduler": fresh}, checkpoint_id=tmp_path, no_dist=True)
    assert train(again, fresh, updates=18) == train(optimizer, scheduler, updates=18)


@pytest.mark.filterwarnings("ignore:torch.distributed is disabled")
@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.AdamW])
def test_a_distributed_checkpoint_of_optimizer_and_scheduler_resumes(tmp_path, kind):
    from torch.distributed.checkpoint.state_dict import get_optimizer_state_dict, set_optimizer_state_dict

    def built():
        torch.manual_seed(1)
        model = torch.nn.Linear(2, 1)
        optimizer = kind(model.parameters(), lr=0.1)
        return model, optimizer, Scheduler(optimizer, PLAN)

    model, optimizer, scheduler = built()
    train(optimizer, scheduler, updates=7)
    state = {"optimizer": get_optimizer_state_dict(model, optimizer), "scheduler": scheduler.state_dict()}
    save(state, checkpoint_id=tmp_path, no_dist=True)
    other, again, fresh = built()
    state = {"optimizer": get_optimizer_state_dict(other, again), "scheduler": fresh.state_dict()}
    load(state, checkpoint_id=tmp_path, no_dist=True)
    set_optimizer_state_dict(other, again, state["optimizer"])
    fresh.load_state_dict(state["scheduler"])
    assert train(again, fresh, updates=33) == train(optimizer, scheduler, updates=33) == [0.1 * v for v in VALUES[7:]]


CONFIGURATIONS = [
    lambda: Scheduler(make(), PLAN),
    lambda: Scheduler([make(), make(torch.optim.AdamW)], PLAN, scale={"weight_decay": constant(1)}),
    lambda: Scheduler(make(), lr=lambda i: 1 / (i + 1), clock="calls"),
    lambda: Scheduler(make(), PLAN, clock="manual", feedback=Plateau()),
    lambda: Scheduler(make(torch.optim.SGD, 1.0, 1.0), {0: PLAN, 1: None}),
    lambda: edited_run()[1],
]


def test_the_keys_of_a_state_are_always_the_same():
    keys = {" ".join(build().state_dict()) for build in CONFIGURATIONS}
    position, followed = "preheat clock updates calls amount last groups", "knobs modes keys plans resolved edits"
    assert keys == {f"{position} {followed} bases values joined feedback"}


@pytest.mark.parametrize("build", CONFIGURATIONS)
def test_a_state_is_flat_plain_data(build):
    for value in build().state_dict().values():
        for one in value if isinstance(value, list) else [value]:
            assert type(one) in (int, float, str)


def bytes_of(state):
    file = io.BytesIO()
    torch.save(state, file)
    return len(json.dumps(state)), len(file.getvalue())


def test_a_state_is_about_a_kilobyte_whatever_the_number_of_groups():
    sizes = {}
    for groups in (1, 1000):
        optimizer = make(torch.optim.AdamW, *[3e-4] * groups)
        scheduler = Scheduler(optimizer, warmup(2_000) >> cosine(1, 0.1, steps=98_000))
        for _ in range(3):
            optimizer.step()
            scheduler.step()
        sizes[groups] = bytes_of(scheduler.state_dict())
    (few_text, few_file), (many_text, many_file) = sizes.values()
    assert few_text <= many_text <= few_text + 32 <= 512, sizes
    assert few_file <= many_file <= few_file + 128 <= 3072, sizes


def two():
    return make(torch.optim.SGD, 1.0, 1.0)


REFUSED = {
    "of more groups": (
        lambda: Scheduler(make(torch.optim.SGD, 1.0, 1.0, 1.0), PLAN).state_dict(),
        "load_state_dict(groups=[3]): the optimizer must have as many groups, it has [2]",
    ),
    "of more optimizers": (
        lambda: Scheduler([make(), make()], PLAN).state_dict(),
        "load_state_dict(groups=[1, 1]): the optimizer must have as many groups, it has [2]",
    ),
    "of more knobs": (
        lambda: Scheduler(two(), PLAN, values={"momentum": constant(0.9)}).state_dict(),
        "load_state_dict(knobs=[('lr', 'scale'), ('momentum', 'values')]): they must be those that this Scheduler dr",
    ),
    "of an lr that was set": (
        lambda: Scheduler(two(), lr=PLAN).state_dict(),
        "load_state_dict(knobs=[('lr', 'values')]): they must be those that this Scheduler drives, [('lr', 'scale')]",
    ),
    "of another clock": (
        lambda: Scheduler(two(), PLAN, clock="calls").state_dict(),
        "load_state_dict(clock='calls'): it must be that of this Scheduler, 'updates'",
    ),
    "of a group left alone": (
        lambda: Scheduler(two(), {0: PLAN, 1: None}).state_dict(),
        "load_state_dict(bases): the same groups must be left alone (None) as when the state was saved",
    ),
    "of a later release": (
        lambda: {"preheat": 2},
        "load_state_dict(preheat=2): the format must be 1; a later release made it",
    ),
    "in part": (
        lambda: {"preheat": 1, "clock": "updates"},
        "load_state_dict(state_dict without 'amount'): it must be whole, as state_dict() returned it",
    ),
}


@pytest.mark.parametrize("which", REFUSED)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(which):
    build, message = REFUSED[which]
    optimizer = two()
    scheduler = Scheduler(optimizer, PLAN)
    train(optimizer, scheduler, updates=3)
    before = scheduler.state_dict()
    with pytest.raises(ValueError, match=re.escape(message)):
        scheduler.load_state_dict(build())
    assert scheduler.state_dict() == before
    assert train(optimizer, scheduler, updates=37) == VALUES[3:]


def test_a_load_that_fails_late_changes_nothing():
    first, second = make(), make()
    scheduler = Scheduler([first, second], PLAN, values={"momentum": lambda i: 0.9 if i < 9 else 1 / 0})
    for _ in range(3):
        update(first, second)
        scheduler.step()
    state = scheduler.state_dict()
    before = [state, scheduler.get_last_lr(), scheduler.used(), scheduler.next()]
    with pytest.raises(ZeroDivisionError):
        scheduler.load_state_dict(state | {"updates": [5, 9]})
    assert [scheduler.state_dict(), scheduler.get_last_lr(), scheduler.used(), scheduler.next()] == before
    with pytest.raises(ZeroDivisionError):
        scheduler.seek(9)
    assert [scheduler.state_dict(), scheduler.get_last_lr(), scheduler.used(), scheduler.next()] == before


def test_the_plateau_is_part_of_the_state():
    first, second = make(), make()
    scheduler = Scheduler(first, constant(1), feedback=Plateau(factor=0.5, patience=0))
    for metric in (3.0, 3.0, 2.0):
        scheduler.observe(metric)
    again = Scheduler(second, constant(1), feedback=Plateau(factor=0.5, patience=0))
    again.load_state_dict(scheduler.state_dict())
    for one in (scheduler, again):
        one.observe(2.0)
    assert scheduler.get_last_lr() == again.get_last_lr() == [0.25]


@pytest.mark.parametrize("had", [True, False])
def test_a_plateau_on_one_side_only_is_said(had):
    def build(has, **options):
        return Scheduler(make(), PLAN, feedback=Plateau() if has else None, **options)

    words = (
        "had a Plateau and this one has none, so the lr is without its cuts"
        if had
        else ("had no Plateau and this one has one, so the lr is as if no metric had been seen")
    )
    with pytest.warns(PreheatWarning, match=words):
        build(not had).load_state_dict(build(had).state_dict())
    with pytest.raises(ValueError, match="feedback must be as it was"):
        build(not had, on_change="error").load_state_dict(build(had).state_dict())


def test_a_state_taken_in_another_thread_is_never_torn():
    optimizer = make(torch.optim.SGD, 1.0, 1.0)
    plan = linear(1, 0, steps=100_000)
    scheduler = Scheduler(optimizer, plan)
    states, done = [], threading.Event()

    def take():
        while not done.is_set():
            states.append(scheduler.state_dict())

    thread = threading.Thread(target=take)
    thread.start()
    for _ in range(1000):
        optimizer.step()
        scheduler.step()
    done.set()
    thread.join()
    assert len(states) > 10
    for state in states:
        i, (value, count) = state["updates"][0], state["values"]
        assert count == 2
        assert value in (plan(i), plan(max(i - 1, 0)))

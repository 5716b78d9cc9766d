"""Copies and pickles of a scheduler, alone and with its optimizer; what torch and the frameworks do with one."""

import copy
import gc
import io
import pickle
import re
import weakref

import pytest
import torch
from torch.optim.lr_scheduler import ChainedScheduler, LambdaLR, LRScheduler, SequentialLR

from preheat import PreheatWarning, constant
from preheat.torch import Plateau, Scheduler
from training import PLAN, VALUES, make, train, update

REPLACES = r"^Scheduler\(\): replaces the one that drove these knobs, which is now closed; its bases are kept$"
KINDS = {
    "float": lambda: make(torch.optim.SGD, 1.0),
    "tensor": lambda: make(torch.optim.SGD, torch.tensor(1.0, dtype=torch.float64)),
    "state": lambda: make(torch.optim.AdamW, 1.0),
}


def run(kind="float", updates=5, plan=PLAN, **options):
    optimizer = KINDS[kind]()
    scheduler = Scheduler(optimizer, plan, **options)
    train(optimizer, scheduler, updates)
    return optimizer, scheduler


def through_pickle(thing):
    return pickle.loads(pickle.dumps(thing))


def through_torch(thing):
    file = io.BytesIO()
    torch.save(thing, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


TOGETHER = [copy.deepcopy, through_pickle, through_torch]
ALONE = [copy.copy, copy.deepcopy]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("copied", TOGETHER)
def test_copied_with_its_optimizer_it_drives_the_copy(copied, kind):
    optimizer, scheduler = run(kind)
    second, twin = copied((optimizer, scheduler))
    assert twin.optimizer is second is not optimizer
    assert train(second, twin, updates=7) == VALUES[5:12]
    assert train(optimizer, scheduler, updates=35) == VALUES[5:]
    assert train(second, twin, updates=28) == VALUES[12:]


@pytest.mark.parametrize("copied", TOGETHER)
def test_a_copy_of_both_needs_no_calls_either(copied):
    optimizer, scheduler = KINDS["float"](), None
    scheduler = Scheduler(optimizer, PLAN)
    train(optimizer, updates=5)
    second, _ = copied((optimizer, scheduler))
    gc.collect()
    assert train(second, updates=35) == train(optimizer, updates=35) == VALUES[5:]


@pytest.mark.parametrize("copied", [through_pickle, through_torch])
def test_pickled_before_its_optimizer_it_drives_the_same_copy(copied):
    optimizer, scheduler = run()
    twin, second = copied((scheduler, optimizer))
    assert twin.optimizer is second
    assert train(second, twin, updates=35) == train(optimizer, scheduler, updates=35) == VALUES[5:]


@pytest.mark.parametrize("copied", [through_pickle, through_torch])
def test_pickled_alone_it_brings_its_optimizer(copied):
    optimizer, scheduler = run()
    twin = copied(scheduler)
    assert twin.optimizer is not optimizer
    assert train(twin.optimizer, twin, updates=35) == train(optimizer, scheduler, updates=35) == VALUES[5:]


@pytest.mark.parametrize("copied", ALONE)
def test_copied_alone_it_is_passive_until_its_first_call(copied):
    optimizer, scheduler = run()
    twin = copied(scheduler)
    assert twin.optimizer is optimizer
    assert train(optimizer, scheduler, updates=3) == VALUES[5:8]
    assert (twin.last_epoch, scheduler.last_epoch) == (5, 8)
    del twin
    assert train(optimizer, scheduler, updates=32) == VALUES[8:]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("copied", ALONE)
def test_copied_alone_it_takes_over_at_its_first_call(copied, kind):
    optimizer, scheduler = run(kind)
    twin = copied(scheduler)
    train(optimizer, scheduler, updates=3)
    with pytest.warns(PreheatWarning, match=REPLACES) as caught:
        twin.step()
    assert len(caught) == 1
    assert train(optimizer, twin, updates=35) == VALUES[5:], "where it was when it was copied"
    with pytest.raises(RuntimeError, match="closed: replaced"):
        scheduler.step()


@pytest.mark.parametrize("copied", ALONE)
def test_a_copy_alone_of_what_was_never_called_leaves_the_first_at_work(copied):
    optimizer = KINDS["float"]()
    scheduler = Scheduler(optimizer, PLAN)
    train(optimizer, updates=5)
    twin = copied(scheduler)
    assert train(optimizer, updates=2) == VALUES[5:7]
    with pytest.warns(PreheatWarning, match=REPLACES):
        twin.seek(7)
    del twin, scheduler
    gc.collect()
    assert train(optimizer, updates=33) == VALUES[7:]


def test_a_copy_of_a_copy():
    optimizer, scheduler = run()
    twin = copy.copy(copy.deepcopy(scheduler))
    with pytest.warns(PreheatWarning, match=REPLACES):
        twin.step()
    assert train(optimizer, twin, updates=5) == VALUES[5:10]


def test_a_copy_alone_is_loaded_after_it_took_over():
    optimizer, scheduler = run()
    state, twin = scheduler.state_dict(), copy.copy(scheduler)
    train(optimizer, scheduler, updates=3)
    with pytest.warns(PreheatWarning, match=REPLACES):
        twin.load_state_dict(state)
    assert train(optimizer, twin, updates=5) == VALUES[5:10]


def test_copied_before_its_optimizer_it_refuses_and_leaves_both_alone():
    optimizer, scheduler = run()
    twin, second = copy.deepcopy((scheduler, optimizer))
    words = (
        "Scheduler: this copy was made before that of its optimizer, whose updates it has not seen; copy (optimizer, "
        "scheduler) in this order, or load_state_dict into a new Scheduler"
    )
    for use in (twin.step, lambda: twin.seek(3), lambda: twin.cooldown(2), lambda: twin.load_state_dict({})):
        with pytest.raises(RuntimeError, match=f"^{re.escape(words)}$"):
            use()
    state = twin.state_dict()
    assert train(optimizer, scheduler, updates=5) == VALUES[5:10]
    assert train(second, updates=3) == [VALUES[5]] * 3, "a plain copy, driven by nobody"
    again = Scheduler(second, PLAN)
    again.load_state_dict(state)
    assert train(second, again, updates=5) == VALUES[5:10]


def test_copied_with_one_of_two_optimizers_it_refuses():
    first, second = make(), make()
    scheduler = Scheduler([first, second], PLAN)
    _, twin = copy.deepcopy((first, scheduler))
    with pytest.raises(RuntimeError, match="this copy was made before that of its optimizer"):
        twin.step()
    _, _, whole = copy.deepcopy((first, second, scheduler))
    whole.step()
    assert {id(one) for one in whole.optimizers}.isdisjoint([id(first), id(second)])


def test_a_copy_holds_on_to_nothing_once_it_is_at_work():
    optimizer, scheduler = run()
    twin = copy.deepcopy(scheduler)
    with pytest.warns(PreheatWarning, match=REPLACES):
        twin.step()
    gone = weakref.ref(scheduler._bindings[0])
    del scheduler
    gc.collect()
    assert gone() is None
    assert train(optimizer, twin, updates=1) == [VALUES[5]]


def test_a_copy_has_its_own_edits_and_plateau():
    optimizer, scheduler = run(plan=constant(1), feedback=Plateau(factor=0.5, patience=0))
    second, twin = copy.deepcopy((optimizer, scheduler))
    for metric in (1.0, 1.0):
        twin.observe(metric)
    twin.cooldown(2, shape="linear")
    assert train(second, twin, updates=2) == [0.25, 0.0]
    assert train(optimizer, scheduler, updates=2) == [1.0, 1.0]


@pytest.mark.parametrize("copied", [*TOGETHER, copy.copy])
def test_what_else_a_user_put_on_it_is_copied(copied):
    _, scheduler = run()
    scheduler.note = ["by hand"]
    assert copied(scheduler).note == ["by hand"]


@pytest.mark.parametrize("copied", TOGETHER)
def test_a_copy_of_a_closed_one_is_closed(copied):
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN)
    train(optimizer, updates=5)
    scheduler.close()
    second, twin = copied((optimizer, scheduler))
    with pytest.raises(RuntimeError, match=r"Scheduler: it is closed: by close\(\)"):
        twin.step()
    assert train(second, updates=2) == [VALUES[4]] * 2


def test_a_copy_alone_of_a_closed_one_takes_nothing_over():
    optimizer, scheduler = run()
    scheduler.close()
    later = Scheduler(optimizer, constant(0.5))
    with pytest.raises(RuntimeError, match=r"it is closed: by close\(\)"):
        copy.copy(scheduler).step()
    assert later.get_last_lr() == [VALUES[5] * 0.5]
    later.step()


def test_a_loop_of_optimizer_and_scheduler_can_be_copied():
    optimizer, scheduler = run()
    run_of_both = {"optimizer": optimizer, "scheduler": scheduler}
    run_of_both["self"] = run_of_both
    twin = copy.deepcopy(run_of_both)
    assert twin["scheduler"].optimizer is twin["optimizer"]


# --- a scheduler to torch and the frameworks


def test_it_is_a_scheduler_of_torch():
    _, scheduler = run(updates=2)
    assert isinstance(scheduler, LRScheduler)
    assert (scheduler.last_epoch, scheduler._step_count) == (2, 3)
    assert list(scheduler.base_lrs) == [1.0]
    assert scheduler.get_last_lr() == scheduler.get_lr() == scheduler._last_lr == [VALUES[2]]
    assert not hasattr(scheduler, "total_steps")


def test_base_lrs_of_groups_that_are_left_alone_or_not_yet_known_are_their_lr():
    optimizer = make(torch.optim.SGD, 0.5, 0.25)
    scheduler = Scheduler(optimizer, {0: PLAN, "*": None})
    optimizer.add_param_group({**make().param_groups[0], "lr": 0.125})
    assert scheduler.base_lrs == (0.5, 0.25, 0.125)
    other = make(torch.optim.SGD, 0.5, momentum=0.9)
    assert Scheduler(other, values={"momentum": constant(0.5)}).base_lrs == (0.5,)


def test_under_calls_the_epoch_is_the_number_of_calls():
    _, scheduler = run(updates=2, clock="calls")
    scheduler.step()
    assert scheduler.last_epoch == 3


def test_frameworks_may_write_the_step_count():
    _, scheduler = run(updates=2)
    scheduler._step_count += 1
    assert (scheduler._step_count, scheduler.last_epoch) == (3, 2)


@pytest.mark.parametrize(
    ("what", "act"),
    [
        ("last_epoch = 7", lambda one: setattr(one, "last_epoch", 7)),
        ("_initial_step()", lambda one: one._initial_step()),
        ("_update_lr(0)", lambda one: one._update_lr(0)),
        ("_update_lr(None)", lambda one: one._update_lr()),
    ],
)
def test_it_is_not_moved_behind_its_back(what, act):
    _, scheduler = run(updates=2)
    words = (
        f"Scheduler.{what}: it must be left alone; seek(i) moves the schedule, and in place of SequentialLR write one "
        "plan, `a >> b`"
    )
    with pytest.raises(AttributeError, match=f"^{re.escape(words)}$"):
        act(scheduler)
    assert scheduler.get_last_lr() == [VALUES[2]]


def test_base_lrs_are_not_to_be_written():
    _, scheduler = run()
    with pytest.raises(AttributeError, match="base_lrs"):
        scheduler.base_lrs = [1.0]


def test_inside_sequential_lr_it_raises_and_says_what_to_write():
    optimizer = make()
    parts = [Scheduler(optimizer, PLAN), LambdaLR(optimizer, lambda _: 1.0)]
    with pytest.raises(AttributeError, match="in place of SequentialLR write one plan, `a >> b`"):
        SequentialLR(optimizer, parts, [10])


def test_inside_chained_scheduler_the_other_hand_is_said():
    optimizer = make()
    ours = Scheduler(optimizer, PLAN)
    theirs = LambdaLR(optimizer, lambda _: 0.5)
    chained = ChainedScheduler([ours, theirs])
    with pytest.warns(PreheatWarning, match=r"several schedulers on one knob are one plan, `a >> b` or `a \* b`"):
        update(optimizer)
    chained.step()

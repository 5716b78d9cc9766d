"""Throw hostile states at `load_state_dict` and `preheat inspect`: each is taken, or refused in words by its field.

Run `python tests/helpers/fuzz_states.py --inputs 20000 --seed 0`; the same seed throws the same. A state that is
refused must leave the scheduler and the knobs as they were; `inspect` must end with status 0, or 2 and one line.
"""

import argparse
import contextlib
import random
import sys
import tempfile
import warnings
from collections import Counter
from copy import deepcopy
from itertools import islice
from pathlib import Path

import torch
from torch.optim import lr_scheduler as of_torch

from preheat import constant
from preheat.torch import NoamOpt, Plateau, Scheduler
from terminal import piped
from training import PLAN, make, train

OWN_CLASS = object()
HOSTILE: list[object] = [
    None, True, False, -1, 0, 1, 2, -7, 2.5, 1e308, -1e308, float("nan"), float("inf"), -float("inf"), 2**53, 10**10,
    10**400, "", "x", "nan", "1", b"1", [], [0], ["x"], [float("nan")], [float("inf"), 1], [1.0, 10**10], [[0]],
    [None] * 3, [1] * 50, {}, {"a": 1}, {"last_epoch": 1}, (), (1, 2), 1j, Counter({3: 10**9}), [{}], [[[[[]]]]],
    'function("os:_exit")', ['function("time:sleep")'], "linear(0, 1, steps=4", "\x1b[2J", "1e400",
]  # fmt: skip
ONLY_LIVE: list[object] = [
    OWN_CLASS,
    torch.tensor(1.0),
    torch.tensor(float("nan")),
    {1, 2},
]  # what no file of plain data holds

MEGATRON = {
    "max_lr": 1e-3, "lr_warmup_steps": 100, "num_steps": 300, "lr_decay_style": "cosine", "lr_decay_steps": 1100,
    "min_lr": 1e-4,
}  # fmt: skip
TIMM = {
    "base_values": [0.1], "t_in_epochs": True, "noise_range_t": None, "t_initial": 100, "lr_min": 0.0,
    "cycle_mul": 1.0, "cycle_decay": 1.0, "cycle_limit": 1, "warmup_t": 5, "warmup_lr_init": 0.0,
    "warmup_prefix": True, "k_decay": 1.0,
}  # fmt: skip
STEPPED = {"base_values": [0.1, 0.2], "t_in_epochs": False, "decay_t": [3, 6], "decay_rate": 0.5, "warmup_t": 2,
           "warmup_lr_init": 0.01, "warmup_prefix": False}  # fmt: skip


def edited(on_device=False):  # noqa: FBT002  # a flag of Scheduler's
    """An optimizer and a scheduler of everything that a state can hold."""
    optimizer = make(torch.optim.AdamW, 0.1, 0.03)
    feedback = None if on_device else Plateau(patience=0, factor=0.5)
    plans = {0: PLAN, "*": constant(1)}
    scheduler = Scheduler(optimizer, plans, values={"betas[0]": 0.9 * constant(1)}, on_device=on_device,
                          feedback=feedback)  # fmt: skip
    train(optimizer, scheduler, 5)
    scheduler.cooldown(30)
    if feedback is not None:
        scheduler.observe(3.0)
    optimizer.add_param_group({**make().param_groups[0], "lr": 0.2, "join": "from_zero"})
    train(optimizer, scheduler, 2)
    return optimizer, scheduler


def foreign():
    """States of other libraries' schedulers."""
    for build in (
        lambda o: of_torch.StepLR(o, 30, 0.5),
        lambda o: of_torch.MultiStepLR(o, [30, 30, 60]),
        lambda o: of_torch.CosineAnnealingLR(o, 200, 0.01),
        lambda o: of_torch.CosineAnnealingWarmRestarts(o, 20, 2, 0.01),
        lambda o: of_torch.CyclicLR(o, 0.01, 0.1, 20, 30),
        lambda o: of_torch.OneCycleLR(o, 0.1, 200),
        lambda o: of_torch.LambdaLR(o, lambda _: 1.0),
        of_torch.ReduceLROnPlateau,
        lambda o: of_torch.SequentialLR(
            o, [of_torch.LinearLR(o, 0.1, 1, 20), of_torch.CosineAnnealingLR(o, 200, 0.01)], [20]
        ),
        lambda o: of_torch.ChainedScheduler([of_torch.LinearLR(o, 0.1, 1, 20), of_torch.ExponentialLR(o, 0.98)]),
    ):
        optimizer = make(torch.optim.SGD, 0.1, momentum=0.9)
        yield {"optimizer": optimizer.state_dict(), "scheduler": build(optimizer).state_dict()}
    wrapped = NoamOpt(512, 4000, make(torch.optim.Adam, 0.0))
    yield {"scheduler": {key: held for key, held in wrapped.state_dict().items() if key != "optimizer_state"}}
    yield from ({"scheduler": state} for state in (MEGATRON, TIMM, STEPPED, {"last_batch_iteration": 9}))
    yield {"epoch": 3, "scheduler": TIMM | {"lb": -3.0, "ub": 3.0}}


def places(held, path=()):
    """The way to each value in a state."""
    inside = held.items() if isinstance(held, dict) else enumerate(held) if isinstance(held, list) else ()
    for key, value in inside:
        yield (*path, key)
        yield from places(value, (*path, key))


def mutated(chance, state, hostile):
    """A copy with one to three values replaced, taken out, doubled or moved."""
    state = deepcopy(state)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        ways = list(places(state))
        if not ways:
            return state
        *way, last = chance.choice(ways)
        inside = state
        for key in way:
            inside = inside[key]
        act = chance.randrange(8)
        if act == 0:
            del inside[last]
        elif act == 1 and isinstance(inside, list):
            inside.append(inside[last])
        elif act == 2 and isinstance(inside[last], int | float) and not isinstance(inside[last], bool):
            inside[last] = inside[last] * chance.choice([-1, 0, 2, 1e9, 10**10, 0.5]) + chance.choice([0, 1, -1])
        else:
            inside[last] = deepcopy(chance.choice(hostile))
    return state


def each_field(state, hostile=(*HOSTILE, *ONLY_LIVE)):
    """The state with every field in turn replaced by every hostile value, or left out."""
    for key in state:
        yield {name: held for name, held in state.items() if name != key}
        yield from (state | {key: value} for value in hostile)


def loads(optimizer, scheduler, state):
    """Whether a state is taken; one that is refused, in words, must change nothing.

    Raises:
        AssertionError: it is refused in other words, or something has changed.
    """
    before = repr((scheduler.state_dict(), [dict(group, params=0) for group in optimizer.param_groups]))
    own = scheduler.state_dict()
    try:
        with warnings.catch_warnings(action="ignore"):
            scheduler.load_state_dict(state)
    except (TypeError, ValueError) as error:
        said = str(error)
    except BaseException as error:
        raise AssertionError(f"{state!r:.2000}: must be taken or refused, got {error!r}") from error
    else:
        scheduler.step()
        with warnings.catch_warnings(action="ignore"):
            scheduler.load_state_dict(own)
        return True
    now = repr((scheduler.state_dict(), [dict(group, params=0) for group in optimizer.param_groups]))
    assert said.startswith("load_state_dict("), f"{state!r:.2000}: {said}"
    assert now == before, f"{state!r:.2000}: refused, and yet {before} has become {now}"
    return False


def is_inspected(state, folder):
    """Whether `inspect` ends well; if not, it must end with status 2 and one line.

    Raises:
        AssertionError: it ends otherwise.
    """
    file = folder / "state.pt"
    torch.save(state, file)
    try:
        status, out, err = piped("inspect", str(file))
    except BaseException as error:
        raise AssertionError(f"{state!r:.2000}: inspect let {error!r} out") from error
    assert (status == 0 and not err) or (status == 2 and not out and err.startswith("inspect(")), f"{state!r:.2000}"
    assert status == 0 or err.count("\n") == 1, err
    return status == 0


def attempts(seed, folder):
    """An endless run of what to do: a function that tells whether the state was taken, and its arguments."""
    chance = random.Random(seed)
    hostile_live = HOSTILE + ONLY_LIVE
    hosts = edited(), edited(on_device=True)
    states = [scheduler.state_dict() for _, scheduler in hosts]
    others = list(foreign())
    while True:
        which = chance.randrange(2)
        yield loads, (*hosts[which], mutated(chance, states[which], hostile_live))
        yield loads, (*hosts[which], mutated(chance, chance.choice(others)["scheduler"], hostile_live))
        yield is_inspected, (mutated(chance, chance.choice([{"schedule": states[which]}, *others]), HOSTILE), folder)


def fuzz(number, seed, *, show=None):
    """Try so many states; how many were taken."""
    taken = 0
    with tempfile.TemporaryDirectory() as folder:
        for done, (act, arguments) in enumerate(islice(attempts(seed, Path(folder)), number), start=1):
            taken += act(*arguments)
            if show and (done % 100 == 0 or done == number):
                show(done, taken)
    return taken


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=20_000, help="how many states to try")
    parser.add_argument("--seed", type=int, default=0, help="the same seed tries the same states")
    given = parser.parse_args()

    def show(done, taken):
        sys.stdout.write(f"\r{done} of {given.inputs} states, {taken} were taken ")
        sys.stdout.flush()

    with contextlib.suppress(KeyboardInterrupt):
        fuzz(given.inputs, given.seed, show=show)
        sys.stdout.write("\nall others were refused in words, and changed nothing\n")


if __name__ == "__main__":
    main()

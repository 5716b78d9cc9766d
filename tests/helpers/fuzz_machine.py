"""Random training loops: whatever they do to a Scheduler, each update must use the value that the plan has for it.

Run `python tests/helpers/fuzz_machine.py --runs 3000 --seed 0`; the same seed makes the same loops. A failure says its
seed, which `--runs 1 --seed` repeats.
"""

import argparse
import copy
import random
import sys
import warnings
from contextlib import suppress

import pytest
import torch

from preheat import constant, linear, warmup, zero_based
from preheat.torch import Scheduler
from training import PLAN, make, watched, weight

NEW = [
    warmup(3),
    linear(0.75, 0.25, steps=6),
    constant(0.125, steps=1),
]  # they end: one without would be looked at far ahead


class Expected:
    """What each group is to use: its base, where its clock began, and the plans of each clock from some index on."""

    def __init__(self, *bases):
        self.applied = 0
        self.last = -1  # the index that the last update used
        self.groups = [(base, 0) for base in bases]
        self.plans = {0: {0: PLAN}}

    def plan_at(self, joined, index):
        plans = self.plans.get(joined, self.plans[0])
        local = max(index - joined, 0)
        start = max(at for at in plans if at <= local)
        return plans[start], local - start

    def value(self, joined, index):
        plan, local = self.plan_at(joined, index)
        return plan(local)

    def values(self, index):
        return [base * self.value(joined, index) for base, joined in self.groups]

    def edit(self, make_plan):
        edited = {}
        for joined in {0, *(joined for _, joined in self.groups)}:
            old = self.plans.get(joined, self.plans[0])
            left = zero_based(old[0])(0)
            value = self.value(joined, self.last) if self.last >= joined else left
            now = max(self.applied - joined, 0)
            edited[joined] = {at: plan for at, plan in old.items() if at < now} | {now: make_plan(value)}
        self.plans |= edited


class Run:
    """A training loop, and beside it what each of its updates is to use."""

    def __init__(self, mode, bases=(0.1, 0.03)):
        self.mode = mode
        self.called = False
        self.shown = 0  # the index whose values the knobs hold
        self.model = Expected(*bases)
        self.optimizer = make(torch.optim.SGD, *bases, fused=True)
        self.scheduler = Scheduler(self.optimizer, PLAN, auto=mode == "auto")
        self.seen = watched(self.optimizer)
        self.saved = []
        self.save()

    def update(self, closure=None, found_inf=None):
        held = self.called and self.mode != "auto"
        index = self.shown if held else self.model.applied
        assert index == self.model.applied or self.mode == "missing"
        del self.seen[:]
        self.optimizer.found_inf = found_inf  # as GradScaler does
        with suppress(ZeroDivisionError):
            self.optimizer.step(closure)
        del self.optimizer.found_inf
        self.shown = index
        if not self.seen:
            return
        assert self.seen == [self.model.values(index)]
        if not found_inf:
            self.model.last = index
            self.model.applied += 1
        if self.mode == "called":
            self.batches(1)

    def fail(self):
        """An update whose closure raises."""
        self.update(closure=lambda: 1 / 0)

    def scaled(self, skipped):
        """An update that GradScaler leaves to the optimizer's kernel, to be skipped or not."""
        self.update(found_inf=torch.tensor(float(skipped)))

    def batches(self, n):
        """Calls of `step()` without an update: micro-batches, an ordinary skip by GradScaler, several processes."""
        for _ in range(n if self.mode != "never" else 0):
            self.scheduler.step()
            self.called, self.shown = True, self.model.applied
            assert self.scheduler.get_last_lr() == self.model.values(self.shown)

    def save(self):
        states = self.optimizer.state_dict(), self.scheduler.state_dict(), self.model
        self.saved.append(copy.deepcopy(states))

    def load(self, number, order):
        state = copy.deepcopy(self.saved[number % len(self.saved)])
        if len(state[2].groups) != len(self.model.groups):
            with pytest.raises(ValueError, match="groups"):
                self.scheduler.load_state_dict(state[1])
            return
        for letter in order:
            if letter == "o":
                self.optimizer.load_state_dict(state[0])
            else:
                self.scheduler.load_state_dict(state[1])
        self.model = state[2]
        self.shown = self.model.applied

    def restart(self, number, order):
        state = copy.deepcopy(self.saved[number % len(self.saved)])
        self.model, self.called = state[2], False
        self.optimizer = make(torch.optim.SGD, *(base for base, _ in self.model.groups), fused=True)
        for letter in order:
            if letter == "o":
                self.optimizer.load_state_dict(state[0])
            elif letter == "b":
                self.scheduler = Scheduler(self.optimizer, PLAN, auto=self.mode == "auto")
            else:
                self.scheduler.load_state_dict(state[1])
        self.seen, self.shown = watched(self.optimizer), self.model.applied

    def seek(self, index):
        self.scheduler.seek(index)
        self.model.applied = self.shown = index
        self.model.last = index - 1

    def copy(self):
        self.optimizer, self.scheduler = copy.deepcopy((self.optimizer, self.scheduler))
        self.seen, self.shown = watched(self.optimizer), self.model.applied

    def replan(self, plan):
        self.scheduler.replan(plan)
        self.model.edit(lambda _: plan)
        self.shown = self.model.applied

    def cooldown(self, n, end):
        self.scheduler.cooldown(n, end, "linear")
        self.model.edit(lambda value: linear(value, end, steps=n))
        self.shown = self.model.applied

    def group(self, from_zero):
        join = {"join": "from_zero"} if from_zero else {}
        self.optimizer.add_param_group({"params": [weight()], "lr": 0.5, **join})
        self.model.groups.append((0.5, self.model.applied if from_zero else 0))

    def close(self):
        """Close the scheduler, which leaves the knobs as they are, and start again from the last save."""
        held = [group["lr"] for group in self.optimizer.param_groups]
        self.scheduler.close()
        del self.seen[:]
        self.optimizer.step()
        assert self.seen == [held]
        self.restart(len(self.saved) - 1, "bos")

    def lend(self, number):
        """Save and load at once, into the same objects: nothing may change."""
        states = self.optimizer.state_dict(), self.scheduler.state_dict()
        for one, state in [(self.optimizer, states[0]), (self.scheduler, states[1])][:: -1 if number % 2 else 1]:
            one.load_state_dict(copy.deepcopy(state))
        self.shown = self.model.applied


INNOCENT = {
    "called": "has ended",
    "never": "has ended",
    "auto": "has ended",
    "missing": "has ended|updates pass|ran after",
}


ORDERS = {"load": ("os", "so", "s"), "restart": ("bos", "bso", "obs", "bs")}
ACTS = {  # what may happen, and its arguments
    "update": lambda _: (),
    "batches": lambda chance: (chance.randint(1, 3),),
    "fail": lambda _: (),
    "scaled": lambda chance: (chance.random() < 0.5,),
    "save": lambda _: (),
    "load": lambda chance: (chance.randrange(6), chance.choice(ORDERS["load"])),
    "restart": lambda chance: (chance.randrange(6), chance.choice(ORDERS["restart"])),
    "replan": lambda chance: (chance.choice(NEW),),
    "cooldown": lambda chance: (chance.randrange(7), chance.choice((0.0, 0.25))),
    "group": lambda chance: (chance.random() < 0.5,),
    "seek": lambda chance: (chance.randrange(13),),
    "copy": lambda _: (),
    "close": lambda _: (),
    "lend": lambda chance: (chance.randrange(5),),
}


def perform(mode, bases, acts):
    """Run a training loop of these acts; a warning that it does not call for is an error.

    Raises:
        AssertionError: an update used another value than the plan's.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", f".*({INNOCENT[mode]})")
        run = Run(mode, bases)
        for name, *arguments in acts:
            getattr(run, name)(*arguments)
        run.batches(1)
        run.update()


def loop_of(seed):
    """The mode, the bases and the acts of a seed; every second act is an update."""
    chance = random.Random(seed)
    names = [name for _ in range(chance.randrange(40)) for name in ("update", chance.choice([*ACTS]))]
    acts = [(name, *ACTS[name](chance)) for name in names]
    return chance.choice([*INNOCENT]), chance.choice([(0.1, 0.03), (0.1, 0.1)]), acts


def fuzz(runs, seed, *, show=None):
    """Perform the loops of so many seeds, from `seed` on; how many there were.

    Raises:
        AssertionError: a loop failed; the message repeats it.
    """
    for number in range(seed, seed + runs):
        mode, bases, acts = loop_of(number)
        try:
            perform(mode, bases, acts)
        except Exception as error:
            raise AssertionError(f"seed {number}, mode {mode!r}, acts {acts}: {error!r}") from error
        if show and (number - seed) % 50 == 49:  # now and then
            show(number - seed + 1)
    return runs


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3_000, help="how many training loops to run")
    parser.add_argument("--seed", type=int, default=0, help="the same seed makes the same loops")
    given = parser.parse_args()

    def show(done):
        sys.stdout.write(f"\r{done} of {given.runs} training loops ")
        sys.stdout.flush()

    fuzz(given.runs, given.seed, show=show)
    sys.stdout.write("\nevery update used the value of its plan\n")


if __name__ == "__main__":
    main()

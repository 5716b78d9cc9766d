"""Write down what this version writes, for later ones to read: `python tests/helpers/write_forms.py`, once a release.

A file of `tests/forms` has plans as text, each with the `repr`, the JSON and some values that this version gives, and
states of schedulers, each with the values that follow. `tests/language/test_forms.py` reads them all.
"""

import json
from pathlib import Path

import torch

import preheat
from preheat import linear, noam, parse, resolve, to_json, warmup
from preheat.torch import Plateau, Scheduler
from promises import CATALOGUE, samples

FOLDER = Path(__file__).parents[1] / "forms"
WARM = warmup(4) >> linear(1, 0.5, steps=40)
AT = (0, 1, 3, 10, 999, 100_000)
TEXTS = [  # the language as people write it; the shapes of the catalogue are added
    "warmup(2_000) >> cosine(1, 0.1, steps=98_000)",
    " linear (\n 0 ,\t1 , steps = 4 , ) ",
    "linear(start=0, end=1, steps=2 * 2)",
    "((constant(1.)) * .5) / 4 - 1e-3",
    "1 - linear(0, 1, steps=4) - -1",
    "-constant(1e22, steps=None)",
    "constant(1_0.2_5e-0_2)",
    "function('math:sqrt')",
    'function("math:sqrt", steps=7) >> constant(2)',
    "zero_based(plan=linear(0, 1, steps=4) >> linear(1, 0, steps=4))",
    "0.5 * (linear(0, 1, steps=4) + 1) * noam(512, 4000)",
    "table([1, 0.5, (0.25)])",
    "table((1,))",
    "clip(noam(512, 4000), 0, high=1e-4)",
    "maximum(cosine(1, 0, steps=90), 0.1)",
    "minimum(warmup(10), noam(512, 4000))",
    "repeat(cosine(1, 0, steps=10), 3, growth=2, decay=0.5)",
    "stretch(warmup(10) >> cosine(1, 0, steps=90), steps=1000)",
    "reverse(polynomial(1, 0, power=2, steps=90))",
    "noise(constant(1), 0.1, seed=1)",
    "until(cosine(1, 0, steps=90), 40) >> linear(0.5, 0, steps=10)",
    "after(cosine(1, 0, steps=90), 40)",
    "wsd(10, total_steps=100, decay_steps=20)",
    "one_cycle(101)",
    "one_cycle_momentum(101)",
    "sgdr(10, cycles=3, growth=2)",
    "tri_stage(10, hold_steps=20, decay_steps=30)",
    "trapezoid(10, total_steps=100, decay_steps=60, end=0.15)",
    "infinite(10, cosine_steps=50, constant=0.3)",
    "deepseek_steps(2_000, total_steps=100_000)",
    "triangular(4, 8, start=0.1)",
    "triangular2(4, 8, start=0.1)",
    "exp_range(4, 8, gamma=0.99)",
    "staircase(0.1, every=30)",
    "milestones(0.1, milestones=(30, 80))",
    "piecewise_linear((0, 1, 0), milestones=[5, 10, 40])",
    "fractal_chebyshev(0.05, 1, steps=8)",
    "untuned_linear(0.999)",
    "untuned_exponential(0.999)",
    "warmup_constant(10)",
    "warmup_linear(10, total_steps=100)",
    "warmup_cosine(10, total_steps=100, end=0.1)",
    "warmup_polynomial(10, total_steps=100, power=2, end=0.1)",
    "warmup_inverse_sqrt(4_000)",
    'warmup("5%") >> constant(1, steps="2ep") >> cosine(1, 0, steps="rest")',
    "linear(0, 1, steps='1e3sa') >> linear(1, 0, steps='2e5tok')",
    'wsd("100sa", total_steps="1000sa", decay_steps="0.5ep")',
]
RUN = {"total_steps": 1_000, "steps_per_epoch": 100, "samples_per_step": 10, "tokens_per_step": 1_000}


def form(text):
    """A text, and what this version makes of it."""
    plan = parse(text)
    return {"text": text, "repr": repr(plan), "json": json.loads(to_json(plan)), "values": values(plan)}


def values(plan):
    """Some values, in a run of a thousand updates where the plan asks for one."""
    resolved = resolve(plan, **RUN)
    return [resolved(i) for i in AT]


def optimizer():
    """Two groups, the second with a name."""
    model = torch.nn.Linear(2, 2)
    groups = [{"params": [model.weight], "lr": 0.1}, {"params": [model.bias], "lr": 0.2, "name": "bias"}]
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    return torch.optim.AdamW(groups)


def bound(kind, optimizer):
    """A scheduler of some kind."""
    if kind == "knobs":
        plans = {"bias": WARM, "*": None}
        return Scheduler(
            optimizer,
            lr=noam(512, 4000),
            scale={"weight_decay": plans},
            values={"betas[0]": "linear(0.8, 0.9, steps=9)"},
        )
    if kind == "feedback":
        return Scheduler(optimizer, WARM, feedback=Plateau(patience=1))
    if kind == "calls":
        return Scheduler(optimizer, WARM, clock="calls")
    if kind == "units":
        return Scheduler(optimizer, 'warmup("10%") >> linear(1, 0, steps="rest")', total_steps=50)
    return Scheduler(optimizer, WARM)


def state(kind):
    """The state of a scheduler of some kind after six updates, and what follows."""
    follows = optimizer()
    scheduler = bound(kind, follows)
    for i in range(6):
        follows.step()
        scheduler.step(*[1.0] * (kind == "feedback"))
        if kind == "edited" and i == 3:
            scheduler.replan("constant(0.5, steps=1) >> constant(0.25)")
            scheduler.cooldown(8, end=0.125)
    return {"kind": kind, "state": scheduler.state_dict(), "next": told(scheduler)}


def told(scheduler):
    """What comes next, with keys that JSON has."""
    return {str(group): knobs for group, knobs in scheduler.next().items()}


def main():
    version = preheat.__version__.partition(".dev")[0]
    shapes = [repr(samples(make)[0]) for make in CATALOGUE]
    forms = {
        "plans": [form(text) for text in [*TEXTS, *shapes]],
        "states": [state(kind) for kind in ("plain", "edited", "knobs", "feedback", "calls", "units")],
    }
    lines = [f' "{kind}": [\n  ' + ",\n  ".join(map(json.dumps, held)) + "\n ]" for kind, held in forms.items()]
    (FOLDER / f"{version}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()

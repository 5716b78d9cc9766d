"""A warm-up read off beta2 is not enough at a higher peak: a negative result on the untuned rule.

The post-LN model of `post_ln.py` at twice and at four times its learning rate.
"""

from collections.abc import Sequence

from matplotlib.figure import Figure

from experiments._picture import curves
from experiments._report import Claim, Report, Row, final, shown
from experiments._runs import Run, Training
from experiments.post_ln import CASES, COLLAPSED, settings
from preheat import constant, warmup

QUESTION = "Is a warm-up of 2 / (1 - beta2) long enough at a higher peak?"
SOURCE = (
    "against Ma and Yarats 2019 (arXiv:1910.04209), section 5; GI-Adam: Kalra and Barkeshli 2024 (arXiv:2406.09405)"
)
QUICK = False

TWICE, FOUR_TIMES, SEEDS = 2e-3, 4e-3, (0, 1)
SHORT = ("none", "untuned linear", "RAdam", "GI-Adam")
LONGER = {f"warmup({steps})": (warmup(steps) >> constant(1), "Adam") for steps in (200, 400)}
EXPECTED = {  # an earlier study of ours: 800 updates, one seed, other first weights
    (TWICE, "none"): 3.164, (TWICE, "untuned linear"): 3.164, (TWICE, "RAdam"): 3.164, (TWICE, "GI-Adam"): 3.079,
    (TWICE, "warmup(200)"): 2.200, (TWICE, "warmup(400)"): 2.181, (FOUR_TIMES, "warmup(400)"): 2.401,
}  # fmt: skip


def runs(train: Training) -> list[Run]:
    """Make them."""
    twice = {name: CASES[name] for name in SHORT} | LONGER
    longest = {name: LONGER[name] for name in ("warmup(400)",)}
    return train(
        settings("post", longest.items(), FOUR_TIMES, SEEDS[:1]) + settings("post", twice.items(), TWICE, SEEDS)
    )


def report(found: Sequence[Run]) -> Report:
    """Held-out losses at the end."""
    ends = {(lr, name): final(found, f"post, {name}", lr) for lr, name in EXPECTED}
    claims = [
        Claim(f"at {TWICE:g}, {name} collapses", shown(ends[TWICE, name]), min(ends[TWICE, name]) > COLLAPSED)
        for name in SHORT
    ]
    claims += [
        Claim(f"at {lr:g}, {name} trains", shown(ends[lr, name]), max(ends[lr, name]) < COLLAPSED)
        for lr, name in EXPECTED
        if name in LONGER
    ]
    rows = [Row(f"{name}, peak {lr:g}", EXPECTED[lr, name], ends[lr, name]) for lr, name in EXPECTED]
    return Report("held-out loss, nats", rows, claims)


def draw(found: Sequence[Run]) -> Figure:
    """The training losses."""
    return curves(found, QUESTION)

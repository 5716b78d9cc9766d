"""Post-LN needs a warm-up, pre-LN does not; RAdam and GI-Adam beside it.

Twelve layers of width 64 on bytes; Adam(betas=(0.9, 0.98), eps=1e-9); the learning rate stays after the warm-up. The
failure is a collapse to byte frequencies, not a loss that is no number.
"""

from collections.abc import Iterable, Sequence
from itertools import product
from statistics import fmean

from matplotlib.figure import Figure

from experiments._models import Norm, text
from experiments._picture import curves
from experiments._report import Claim, Report, Row, final, shown
from experiments._runs import BETA2, Run, Setting, Training
from preheat import Plan, constant, exponential_warmup, untuned_linear, warmup

QUESTION = "Does a 12-layer post-LN Transformer need a warm-up, and does pre-LN?"
SOURCE = (
    "Xiong et al. 2020 (arXiv:2002.04745); Ma and Yarats 2019 (arXiv:1910.04209); Kalra and Barkeshli 2024 (2406.09405)"
)
QUICK = False

LR, STEPS, SEEDS = 1e-3, 500, (0, 1)
COLLAPSED = 2.9  # nats; byte frequencies alone give 3.13
Case = tuple[Plan, str]  # what multiplies the learning rate, and the optimizer
CASES: dict[str, Case] = {
    "none": (constant(1), "Adam"),
    "untuned linear": (untuned_linear(BETA2) >> constant(1), "Adam"),
    "untuned exponential": (exponential_warmup(1 / (1 - BETA2)), "Adam"),
    "RAdam": (constant(1), "RAdam"),
    "GI-Adam": (constant(1), "GI-Adam"),
    "warmup(300)": (warmup(300) >> constant(1), "Adam"),
}
EXPECTED = {  # an earlier study of ours: 800 updates, mean of two seeds, other first weights
    "post, none": 3.164, "post, untuned linear": 2.219, "post, untuned exponential": 2.236, "post, RAdam": 2.406,
    "post, GI-Adam": 2.194, "post, warmup(300)": 2.159, "pre, none": 2.024, "pre, untuned linear": 2.031,
}  # fmt: skip


def settings(norm: Norm, cases: Iterable[tuple[str, Case]], lr: float, seeds: Sequence[int]) -> list[Setting]:
    """Each case with each seed, one seed after the other."""
    task = text(norm)
    return [
        Setting(f"{norm}, {name}", task, plan, lr, STEPS, seed, optimizer)
        for seed, (name, (plan, optimizer)) in product(seeds, list(cases))
    ]


def runs(train: Training) -> list[Run]:
    """Make them: post-LN in all cases, pre-LN with and without warm-up."""
    pre = [(name, CASES[name]) for name in ("none", "untuned linear")]
    return train(settings("post", CASES.items(), LR, SEEDS) + settings("pre", pre, LR, SEEDS))


def report(found: Sequence[Run]) -> Report:
    """Held-out losses at the end."""
    ends = {name: final(found, name) for name in EXPECTED}
    mean = {name: fmean(losses) for name, losses in ends.items()}
    gap = min(ends["post, none"]) - max(ends["post, untuned linear"])
    pre = mean["pre, none"] - mean["pre, untuned linear"]
    three = [mean[f"post, {name}"] for name in ("untuned linear", "untuned exponential", "GI-Adam")]
    return Report(
        "held-out loss, nats",
        [Row(name, EXPECTED[name], losses) for name, losses in ends.items()],
        [
            Claim("post-LN without warm-up collapses", shown(ends["post, none"]), min(ends["post, none"]) > COLLAPSED),
            Claim("it is worse than untuned linear by 0.3 nats or more, on every seed", f"{gap:.3f}", gap >= 0.3),
            Claim("a warm-up changes pre-LN by less than 0.05", f"{pre:.3f}", abs(pre) < 0.05),
            Claim(
                "untuned linear, untuned exponential and GI-Adam end within 0.1 of one another",
                f"{max(three) - min(three):.3f}",
                max(three) - min(three) < 0.1,
            ),
            Claim(
                "RAdam ends within 0.1 of untuned linear",
                f"{mean['post, RAdam'] - mean['post, untuned linear']:+.3f}",
                abs(mean["post, RAdam"] - mean["post, untuned linear"]) < 0.1,
            ),
        ],
    )


def draw(found: Sequence[Run]) -> Figure:
    """The training losses."""
    return curves(found, QUESTION)

"""What is said at bind: values that a knob cannot take, and what is wrong in a plan; `lint` says the notes as well."""

from collections.abc import Iterator, Sequence
from typing import NoReturn

import torch

from preheat._analysis.sampling import argmax, contains, contains_function, display_length, first_where, samples
from preheat._lint import Finding, findings, warmup_of
from preheat._nodes import Noise, Table
from preheat._plan import Plan
from preheat._torch.bind.beta2 import beta2_of, own_warmup
from preheat._torch.run.knob import Groups
from preheat._torch.run.knob_schedule import KnobSchedule
from preheat._torch.run.warnings import warn
from preheat.recipes import untuned_linear

__all__ = ["examine", "found"]

FAR = 100_000  # updates looked at of a plan without an end
CHUNK = 2**17  # updates looked at in one go
MOST = 10_000_000  # of a longer plan that has to be looked at at every update, a million are, evenly spread


def examine(tracks: Sequence[KnobSchedule], *, total_steps: int | None = None, advise: bool = True) -> None:
    """Look at the plans of a knob along their whole length; a user's function is not asked ahead of its update.

    Raises:
        ValueError: a plan takes the knob where the optimizer cannot use it; the message names the update.
    """
    said: list[str] = []
    for track, plan, bases in _plans(tracks):
        factors = {min(bases), max(bases)} if track.scaled else {1.0}
        reached = _reach(plan)
        if not all(track.knob.allows(factor * value) for factor in factors for value in reached):
            _refuse(track, plan, factors)
        told = _findings(track, plan, bases, total_steps) if advise else ()
        said += [finding.advice for finding in told if finding.kind == "wrong"]
    for sentence in dict.fromkeys(said):
        warn(sentence)


def found(
    tracks: Sequence[KnobSchedule], groups: Sequence[Groups], kinds: Sequence[str], total_steps: int | None
) -> Iterator[Finding]:
    """All that `lint` says of one knob.

    Args:
        tracks: of the knob, one for each optimizer.
        groups: of each optimizer.
        kinds: the class names of the optimizers.
        total_steps: the updates of the run.
    """
    beta2 = beta2_of([g for own, kind in zip(groups, kinds, strict=True) for g in own if own_warmup(kind) is None])
    for track, plan, bases in _plans(tracks):
        yield from _findings(track, plan, bases, total_steps)
        if track.knob.path == "lr":
            yield from _short(track, plan, beta2)


def _plans(tracks: Sequence[KnobSchedule]) -> Iterator[tuple[KnobSchedule, Plan, list[float]]]:
    """Each plan of a knob that moves a group, with the bases of its groups."""
    by_key = [track.states_by_key() for track in tracks]
    for key, plan in tracks[0].plans.items():
        bases = [group_state.base for states in by_key for group_state in states.get(key, ())]
        if plan is not None and not contains_function(plan) and bases:
            yield tracks[0], plan, bases


def _findings(track: KnobSchedule, plan: Plan, bases: Sequence[float], total_steps: int | None) -> Iterator[Finding]:
    who = f"Scheduler({track.given_text})"
    if track.knob.path == "lr":
        yield from _confused(track, max(filter(None, bases), default=0.0), _reach(plan)[1])
    for finding in findings(plan, total_steps, rate=track.knob.path == "lr"):
        yield finding._replace(sentence=f"{who}: {finding.sentence}")


def _confused(track: KnobSchedule, base: float, highest: float) -> Iterator[Finding]:
    """A plan of multipliers and a plan of learning rates, taken for each other."""
    if track.scaled and 0 < base <= 0.1 and 0 < highest <= 0.02:  # noqa: PLR2004  # see the page on torch
        yield Finding(
            "confused",
            f"Scheduler({track.given_text}): multiplies lr={base:g}, so the lr never exceeds {base * highest:.1g}",
            "a plan of learning rates goes in lr=",
        )
    if not track.scaled and base and highest >= 0.5 and highest >= 20 * base:  # noqa: PLR2004  # likewise
        yield Finding(
            "confused",
            f"Scheduler({track.given_text}): sets the lr itself, which reaches {highest:g} where the optimizer has "
            f"lr={base:g}",
            "a plan of multipliers goes in plan=",
        )


def _short(track: KnobSchedule, plan: Plan, beta2: float | None) -> Iterator[Finding]:
    """A warm-up that is over before Adam's second moment has settled."""
    taken, asked = warmup_of(plan), 0 if beta2 is None else untuned_linear(beta2).steps
    if asked and 0 < taken < asked:
        yield Finding(
            "short-warmup",
            f"Scheduler({track.given_text}): its warm-up takes {taken} updates, and with beta2={beta2:.4g} "
            f"2 / (1 - beta2) is {asked}",
            f"write warmup({asked}), or keep it if training is stable",
        )


def _length(plan: Plan) -> int:
    return max(display_length(plan), FAR) if plan.steps is None else max(plan.steps, 1)


def _reach(plan: Plan) -> tuple[float, float]:
    """The lowest and the highest value."""
    if contains(plan, Noise, Table):
        ends = [torch.stack(torch.aminmax(values)) for _, values in _values(plan)]
        return float(torch.stack(ends).min()), float(torch.stack(ends).max())
    looked = samples(plan, _length(plan))
    return plan(argmax(lambda i: -plan(i), looked)), plan(argmax(plan, looked))


def _values(plan: Plan) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Indices of updates, and the values there, in chunks."""
    n = _length(plan)
    if n > MOST:
        chunks = torch.linspace(0, n - 1, MOST // 10, dtype=torch.float64, device="cpu").floor().split(CHUNK)
    else:
        starts = range(0, n, CHUNK)
        chunks = tuple(torch.arange(i, min(i + CHUNK, n), dtype=torch.float64, device="cpu") for i in starts)
    return ((chunk, plan(chunk)) for chunk in chunks)


def _refuse(track: KnobSchedule, plan: Plan, factors: set[float]) -> NoReturn:
    """Name the first update whose value the knob cannot take."""

    def bad(i: int) -> bool:
        return not all(track.knob.allows(factor * plan(i)) for factor in factors)

    if contains(plan, Noise, Table):
        looked = [next(int(at[k]) for at, values in _values(plan) for k in _outside(track, factors, values))]
    else:
        looked = samples(plan, _length(plan))
        looked = sorted({*looked, argmax(plan, looked), argmax(lambda i: -plan(i), looked)})
    first = first_where(bad, looked) or 0  # there is one
    track.refuse(next(factor * plan(first) for factor in factors if not track.knob.allows(factor * plan(first))), first)


def _outside(track: KnobSchedule, factors: set[float], values: torch.Tensor) -> list[int]:
    """The first place of an array whose value the knob cannot take, if there is one."""
    allowed = torch.stack([track.knob.allows(factor * values) for factor in factors]).all(dim=0)
    return (~allowed).nonzero()[:1, 0].tolist()

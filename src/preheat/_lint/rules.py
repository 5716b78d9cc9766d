"""The rules of `lint`, in the order in which it reports them. To add one, write a function here.

The rules without a function need an optimizer; the Scheduler's checks of its plans have them.
"""

from collections.abc import Iterator

from preheat._analysis.sampling import argmax, boundaries, display_length, samples
from preheat._lint.codes import CODES, Code, Finding, Found, number, rule
from preheat._lint.view import CLOSE, View
from preheat._nodes import zero_based
from preheat._plan import Plan

__all__ = ["findings", "warmup_of"]


def findings(plan: Plan, total_steps: int | None = None, *, rate: bool = True) -> Iterator[Finding]:
    """The findings in a plan alone, or over a run; without `rate` only those in its lengths and jumps."""
    view = View(plan, total_steps, rate=rate)
    for name, code in CODES.items() if view.has_values else [("not-called", CODES["not-called"])]:
        if code.check and (found := code.check(view)):
            yield Finding(name, *found)


def warmup_of(plan: Plan) -> int:
    """The updates in which a plan rises, from its first to its highest value; 0 of one that does not begin so."""
    looked = samples(plan, display_length(plan))
    top = argmax(plan, looked)
    values = [plan(i) for i in looked if i <= top]
    return top + 1 if top and values == sorted(values) else 0


@rule("not-called", "wrong", "it names a function that text must not call, so its values are unknown")
def _not_called(view: View) -> Found:
    if view.has_values:
        return None
    return (
        "its text names a function that the program has not allowed, so its values are unknown",
        "pass functions=[...] to parse, or --import MODULE to the command",
    )


@rule("peak-unreached", "wrong", "the highest value is used by no update of the run")
def _peak_unreached(view: View) -> Found:
    used, top = number(view.plan(view.top)), view.top
    if view.peak_after_run and not view.rises:
        sentence = (
            f"its highest value, {number(view.plan(view.peak))}, is that of update {view.peak}, and the run has "
            f"{view.run}; the highest used is {used}"
        )
        return sentence, "give it fewer steps"
    if view.skipped_peak:
        end, boundary = view.skipped_peak
        sentence = (
            f"no update uses {number(end)}, at which the piece before update {boundary} ends; the highest used is "
            f"{used}, by update {top}"
        )
        return sentence, "begin the next piece there, or leave out zero_based"
    return None


@rule("long-warmup", "wrong", "the warm-up takes all of the run, or is longer")
def _long_warmup(view: View) -> Found:
    if view.peak_after_run and view.rises:
        sentence = (
            f"its warm-up takes {view.peak + 1} updates and the run has {view.run}, so it reaches "
            f"{number(view.plan(view.top))} of {number(view.plan(view.peak))}"
        )
        return sentence, "shorten it"
    if view.only_rises:
        sentence = (
            f"its warm-up takes all of the {view.steps} updates, so none is left to come to its end, "
            f"{number(view.plan(view.steps or 0))}"
        )
        return sentence, "shorten it"
    return None


@rule("epochs", "wrong", "the plan ends so early that its lengths look like epochs")
def _epochs(view: View) -> Found:
    if not view.looks_like_epochs:
        return None
    held = number(view.plan(view.steps or 0))
    remedy = (
        f'if its lengths are epochs, write stretch(plan, steps={view.total_steps}) or pass clock="calls"; if it is to '
        f"stay there, end it with >> constant({held})"
    )
    return f"it ends after {view.steps} of {view.total_steps} updates, and the others use {held}", remedy


CODES["out-of-range"] = Code("wrong", "a value is outside of what the knob can take")
CODES["confused"] = Code("wrong", "a multiplier and a learning rate look confused")


@rule("zero-start", "note", "the first value is 0, so that the first update changes nothing")
def _zero_start(view: View) -> Found:
    if view.rate and view.plan(0) == 0 and view.height:
        sentence = "its first value is 0, so as a learning rate update 0 changes nothing"
        return sentence, "leave out zero_based, or start above 0"
    return None


@rule("end-unreached", "note", "the run stops before the plan has come to its end")
def _end_unreached(view: View) -> Found:
    plan, steps, total = view.plan, view.steps or 0, view.total_steps
    if total is not None and steps > total and not view.misses_peak:
        sentence = (
            f"it has {steps} updates and the run {total}, so it stops at {number(plan(total - 1))} and not at "
            f"{number(plan(steps))}"
        )
        return sentence, f"write stretch(plan, steps={total})"
    if view.end_after_run and not view.only_rises:
        used, end = number(plan(steps - 1)), number(plan(steps))
        sentence = f"its last update uses {used}, and its end, {end}, comes after it"
        return sentence, "leave out zero_based, or give the run one update more"
    return None


@rule("ends-early", "note", "the plan ends before the run does")
def _ends_early(view: View) -> Found:
    if not view.ends_early or view.looks_like_epochs:
        return None
    held = number(view.plan(view.steps or 0))
    return (
        f"it ends after {view.steps} of {view.total_steps} updates, and the others use {held}",
        f"write stretch(plan, steps={view.total_steps}), or end it with >> constant({held})",
    )


@rule("jump", "note", "two pieces do not meet")
def _jump(view: View) -> Found:
    """The largest of the jumps, with the number of the others."""
    plan = view.plan
    jumps = [k for k in boundaries(plan, min(view.run, view.steps or view.run)) if _jumps(view, k)]
    if not jumps:
        return None
    largest = max(jumps, key=lambda k: abs(plan(k) - plan(k - 1)))
    others = f", the largest of {len(jumps)} jumps" if len(jumps) > 1 else ""
    sentence = f"it jumps at update {largest} from {number(plan(largest - 1))} to {number(plan(largest))}{others}"
    return sentence, "if it is not meant, begin the next piece where the one before it ends"


def _jumps(view: View, boundary: int) -> bool:
    """Whether both the pieces' own values and those that updates use differ there by more than next to it."""
    plan = view.plan
    if boundary == 0:
        return False
    gap = abs(plan(boundary) - plan(boundary - 1))
    next_to_it = max(abs(plan(max(boundary - 2, 0)) - plan(boundary - 1)), abs(plan(boundary + 1) - plan(boundary)))
    if gap <= (2 if view.between else 3) * next_to_it or gap <= CLOSE * view.height:
        return False
    return not view.between or not view.near(zero_based(plan)(boundary), view.before(boundary))


CODES["short-warmup"] = Code("note", "the warm-up is shorter than 2 / (1 - beta2) updates")

"""The state of a `preheat.torch.Scheduler`, edits and all. It is read without torch, and no plan in it calls code."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from preheat import Plan
from preheat._saved.plan_history import Edit, PlanHistory
from preheat._saved.plans import ALONE, TEXTLESS, evaluable, meaning
from preheat._saved.run import SavedPlan, SavedRun, total, unrolled
from preheat.cli.inspect.status import ALL, KnobPlan, RunStatus, Surroundings

__all__ = ["read"]

TEXT_ONLY = (
    "what is shown as text has no values here: a function of a file is not called, and lengths or names may be "
    "unknown; --plan says what it was"
)
NO_TEXT = "its plan holds a function without a text, which a checkpoint does not hold; --plan says what it was"
NAMELESS = "which group bears which name is in the optimizer's state, which the file lacks; multipliers are shown"
PLATEAU = "a Plateau multiplies the lr too, by {:g} now; its metric decides what comes next"


class _KnobHistory(NamedTuple):
    """One knob of one optimizer."""

    knob: str
    scaled: bool
    texts: dict[str, str]  # of each key: its plan and its edits
    history: PlanHistory  # of the plans that can be asked for values; None for the others

    def plan(self, key: str, offset: float) -> Plan | None:
        """The plan that groups follow; None where it is not to be asked for values."""
        return None if self.history.given[key] is None else self.history.followed(key, offset)


class _Place(NamedTuple):
    """A knob of a group: the key of its plan, and what the group is called."""

    knob: _KnobHistory
    key: str
    group: str


def read(state: Mapping[str, Any], around: Surroundings) -> RunStatus:
    """Where the run stands, and what each knob follows.

    Raises:
        TypeError: a field of the state is of the wrong kind.
        ValueError: one is out of its range, or the state is of another format.
    """
    run = SavedRun.from_dict("inspect", state)
    optimizers = [list(_knobs(run, number)) for number in range(len(run.groups))]
    places = [place for number, knobs in enumerate(optimizers) for place in _places(run, knobs, number, around.groups)]
    notes = [NO_TEXT] if any(TEXTLESS in plan.given for plan in run.plans) else []
    if len(places) == total(run.bases):
        plans = tuple(_merged(places, run))
    else:
        plans = tuple(
            KnobPlan(one.knob, key, 1.0, one.plan(key, 0), text=text)
            for one in optimizers[0]
            for key, text in one.texts.items()
            if text != ALONE
        )
        notes.append(NAMELESS)
    if not notes and any(plan.text for plan in plans if plan.plan is None):
        notes.append(TEXT_ONLY)
    if run.feedback:
        notes.append(PLATEAU.format(run.feedback[0]))
    return RunStatus("preheat's", run.position, "units" if run.clock == "manual" else run.clock, plans, tuple(notes))


def _knobs(run: SavedRun, number: int) -> Iterator[_KnobHistory]:
    """The knobs of an optimizer."""
    plans: dict[tuple[str, str], list[SavedPlan]] = {}
    for plan in run.plans:
        plans.setdefault((plan.knob, plan.mode), []).append(plan)
    edits: dict[str, list[Edit]] = {}
    for which, edit in run.edits:
        if which == number:
            edits.setdefault(edit.knob, []).append(edit)
    for (knob, mode), own in plans.items():
        yield _knob_history(knob, own, edits.get(knob, []), scaled=mode == "scale")


def _knob_history(knob: str, plans: Sequence[SavedPlan], edits: Sequence[Edit], *, scaled: bool) -> _KnobHistory:
    texts = {plan.key: plan.followed.partition(TEXTLESS)[0] for plan in plans}
    shown = {plan.key: _shown(plan.followed) for plan in plans}
    pairs = [(edit, _shown(edit.text)) for edit in edits]
    for edit, plan in pairs:
        texts[edit.key] += f", from update {edit.at} on {edit.text}"
        if plan is None:
            shown[edit.key] = None
    known = [(edit, plan) for edit, plan in pairs if plan is not None and shown[edit.key] is not None]
    return _KnobHistory(knob, scaled, texts, PlanHistory(shown, shown).edited(known))


def _shown(text: str) -> Plan | None:
    """The plan of a text; None where it is not to be asked for values."""
    plan = meaning(text)
    return plan if evaluable(plan) else None


def _places(
    run: SavedRun, knobs: Sequence[_KnobHistory], number: int, groups: Sequence[Sequence[Mapping[str, Any]]]
) -> Iterator[_Place]:
    """The groups that each knob is driven in, in the order of the state."""
    count = run.groups[number]
    held = next((own for own in groups[number:] if len(own) == count), [{}] * count)
    for knob in knobs:
        for index, group in enumerate(held):
            place = index if len(run.groups) == 1 else (number, index)
            name = group.get("name")
            called = name if isinstance(name, str | int) else place
            key = next((key for key in (repr(called), repr(place), "'*'") if key in knob.texts), None)
            if key is not None and knob.texts[key] != ALONE:
                yield _Place(knob, key, str(called))


def _merged(places: Sequence[_Place], run: SavedRun) -> Iterator[KnobPlan]:
    """One for the groups of a knob that share plan, base and offset."""
    shared: dict[tuple[str, float, float, Plan | None, str], list[str]] = {}
    for place, base, offset in zip(places, unrolled(run.bases), unrolled(run.offsets), strict=True):
        knob, plan = place.knob, place.knob.plan(place.key, offset)
        text = "" if plan is not None else knob.texts[place.key]
        shared.setdefault((knob.knob, base if knob.scaled else 1.0, offset, plan, text), []).append(place.group)
    for (knob_name, base, offset, plan, text), which in shared.items():
        where = ALL if len(which) == sum(run.groups) else f"group {', '.join(which)}"
        yield KnobPlan(knob_name, where, base, plan, offset, text)

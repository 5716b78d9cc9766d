"""Where the code and a checkpoint differ: in plans, and in the values that plans multiply."""

from collections.abc import Sequence
from typing import NamedTuple

from preheat._analysis.sampling import contains_function
from preheat._plan import Plan
from preheat._saved.plan_history import Edit, Key, PlanHistory
from preheat._saved.plans import ALONE, evaluable, followable, meaning
from preheat._saved.run import SavedPlan, SavedRun
from preheat._torch.run.knob_schedule import GroupState, KnobSchedule

__all__ = ["ON_CHANGE", "BaseComparison", "PlanComparison", "base_reports"]

ON_CHANGE = ("code", "checkpoint", "error")
_REMEDY = 'on_change="checkpoint" keeps the saved one'
_SHOWN = 3  # of many changes of one kind


class PlanComparison:
    """The plans of a knob as the code has them and as a checkpoint has them, by the text of their keys."""

    def __init__(self, track: KnobSchedule, saved: SavedRun) -> None:
        self.track = track
        self.code = track.code
        self.keys = {repr(key): key for key in track.code.given}
        self.saved = {plan.key: plan for plan in saved.plans if plan.knob == track.knob.path}
        edits = [edit for _, edit in saved.edits if edit.knob == track.knob.path]
        self.edits: list[Edit] = list(dict.fromkeys(edits))  # each once, though several optimizers made it
        self.changed = self.saved.keys() != self.keys.keys() or any(map(self._differs, self.saved.values()))

    def _differs(self, saved: SavedPlan) -> bool:
        """Whether a plan means another than the code's; where the total is not known to both, as they were given."""
        key = self.keys[saved.key]
        given, resolved = self.code.given[key], self.code.resolved[key]
        given_text, resolved_text = self.code.texts[key]
        if given is None or resolved is None:
            return saved.followed != ALONE
        if saved.followed == resolved_text or (then := meaning(saved.followed)) == resolved:
            return False
        both_known = not resolved.unresolved and (then is None or not then.unresolved)
        if both_known or (saved.given != given_text and meaning(saved.given) != given):
            return True
        return contains_function(then) and not contains_function(given)  # it would be followed, for its total

    def chosen(self, on_change: str, at: float) -> PlanHistory:
        """The plans to follow from update `at` on, before any edit.

        Raises:
            ValueError: they have changed, and `on_change` or the edits leave no choice.
        """
        if not self.changed:
            return self._with_saved_total()
        if on_change == "code" and not self.edits:
            return self.code
        who = f"load_state_dict(): the plan of {self.track.knob.path}"
        if on_change != "checkpoint" and self.edits:
            raise ValueError(
                f'{who} has changed and the run was edited; {self._both()}; pass on_change="checkpoint", or do not '
                f"load this state and seek({at}) to follow the code's plan without the edits"
            )
        if on_change == "error":
            raise ValueError(f'{who} must be the saved one (on_change="error"); {self._both()}')
        if self.saved.keys() != self.keys.keys():
            raise ValueError(f"{who} must be for the same groups as when it was saved; {self._both()}")
        return self._followed_as_saved()

    def _followed_as_saved(self) -> PlanHistory:
        given = {key: followable("load_state_dict()", self.saved[text].given) for text, key in self.keys.items()}
        resolved = {key: followable("load_state_dict()", self.saved[text].followed) for text, key in self.keys.items()}
        return PlanHistory(given, resolved)

    def _with_saved_total(self) -> PlanHistory:
        """The code's plans; where they leave the total open, as the saved run resolved them."""
        waiting = [key for key, plan in self.code.resolved.items() if plan is not None and plan.unresolved]
        if not waiting:
            return self.code
        saved = {key: followable("load_state_dict()", self.saved[repr(key)].followed) for key in waiting}
        known = {key: plan for key, plan in saved.items() if plan is not None}
        return PlanHistory(self.code.given, {**self.code.resolved, **known})

    def report(self, on_change: str, at: float, last: float) -> str:
        """The warning of a change: both plans, and the value on each side of the seam."""
        seams = filter(None, (self._seam(key, on_change, at, last) for key in self.code.given))
        way = "the saved one is followed" if on_change == "checkpoint" else _REMEDY
        parts = "; ".join([self._both(), *list(seams)[:_SHOWN], way])
        return f"load_state_dict(): the plan of {self.track.knob.path} has changed; {parts}"

    def _seam(self, key: Key, on_change: str, at: float, last: float) -> str:
        text = self.saved[repr(key)].followed if repr(key) in self.saved else ALONE
        saved, code, now = meaning(text), self.code.resolved[key], self.track.history.plans[key]
        whose, other, before = ("code's", code, now) if on_change == "checkpoint" else ("saved", saved, saved)
        if now is None or now == other:
            return ""
        group = "" if key == "*" else f" of {key!r}"
        begun = f" goes from {_value(before, last)} to" if last >= 0 else " is"
        return f"at update {at} the value{group}{begun} {now(at):g}, where the {whose} plan has {_value(other, at)}"

    def _both(self) -> str:
        edits = "".join(f", edited at update {edit.at}: {edit.text:.200}" for edit in self.edits[:_SHOWN])
        more = f" and {len(self.edits) - _SHOWN} more times" * (len(self.edits) > _SHOWN)
        code = {text: self.code.texts[key][1] for text, key in self.keys.items()}
        saved = {text: plan.followed for text, plan in self.saved.items()}
        return f"saved: {_listed(saved)}{edits}{more}; the code's: {_listed(code)}"


def _value(plan: Plan | None, at: float) -> str:
    return f"{plan(at):g}" if plan is not None and evaluable(plan) else "one unknown here"


def _listed(plans: dict[str, str]) -> str:
    return ", ".join(f"{text:.200}" if key == "'*'" else f"{key}: {text:.200}" for key, text in plans.items())


class BaseComparison(NamedTuple):
    """A knob of a group: the value at bind, and what the checkpoint says of it."""

    track: KnobSchedule
    group: int
    group_state: GroupState
    saved: float  # base
    recorded: float  # value
    lr: tuple[float | None, float] | None  # the group's `initial_lr` at bind and the saved base of its lr

    @property
    def changed(self) -> bool:
        """Whether the value at bind is the code's own new base.

        A value equal to the saved base has not changed. One equal to the value recorded was loaded with the optimizer,
        unless the group's `initial_lr` says that the group was never loaded: then the code has a new peak that happens
        to equal the old floor. Where the lr is not driven there is no such mark, and an equal value counts as loaded.
        """
        if not self.track.scaled or self.group_state.found == self.saved:
            return False
        return self.group_state.found != self.recorded or (self.lr is not None and self.lr[0] != self.lr[1])


def base_reports(compared: Sequence[BaseComparison], on_change: str) -> list[str]:
    """The warnings of bases that have changed, one for each knob.

    Raises:
        ValueError: one has changed, and `on_change` says that none may.
    """
    changes: dict[str, list[str]] = {}
    for one in compared:
        if one.changed:
            group = one.track.index_of(one.group)
            change = f"saved {one.saved!r}, the code's {one.group_state.found!r} in group {group}"
            changes.setdefault(one.track.knob.path, []).append(change)
    sentences = []
    for knob, found in changes.items():
        more = f" and {len(found) - _SHOWN} more" * (len(found) > _SHOWN)
        what = f"load_state_dict(): the {knob} that the plan multiplies has changed; {'; '.join(found[:_SHOWN])}{more}"
        if on_change == "error":
            raise ValueError(f'{what}; it must be the saved one (on_change="error")')
        sentences.append(f"{what}; {'the saved one is kept' if on_change == 'checkpoint' else _REMEDY}")
    return sentences

"""What is said once when a schedule looks misused; an AMP skip, a micro-batch or many callers are no misuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preheat._torch.run.group_values import values_of

if TYPE_CHECKING:
    from torch.optim import Optimizer

    from preheat._torch.run.group_writer import GroupWriter
    from preheat._torch.run.host import HostBinding
    from preheat._torch.run.knob import Groups

__all__ = ["MisuseMonitor"]


class MisuseMonitor:
    """Sentences waiting to be said, and which have been."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.sentences: list[str] = []
        self.trained = False  # a state was loaded into the optimizer that shows that it has
        self.settled = False  # there has been an update, or a state was loaded
        self.sought = False  # the position was chosen
        self.empty = False  # the optimizer's state was made by torch, and by no update
        self.untrained = False  # it had no state at bind, and none was loaded: what is there since is a wrapper's
        self.leaps = 0  # calls that found more than one new update

    def once(self, code: str, sentence: str) -> None:
        """Have a sentence said, if none of its kind has been."""
        if code not in self.said:
            self.said.append(code)
            self.sentences.append(sentence)

    def allow(self, code: str) -> None:
        """Let a sentence be said again."""
        self.said[:] = [said for said in self.said if said != code]

    def moved(self, *, sought: bool) -> None:
        """The position was chosen, or a state was loaded, with its bases."""
        self.settled, self.sought = self.settled or not sought, sought

    def reloaded(self, panel: GroupWriter, groups: Groups) -> None:
        """The optimizer's state was loaded: that of one that has trained, if a knob is not where it was here.

        But an lr without an `initial_lr` is that of an optimizer which no scheduler has driven.
        """
        self.untrained = False
        for track, row in zip(panel.tracks, panel.written, strict=True):
            for group, value in zip(groups, values_of(row, panel.known), strict=False):
                fresh = track.knob.path == "lr" and "initial_lr" not in group
                if value is not None and not fresh and track.knob.read(group) != track.knob.rounded(group, value):
                    self.trained = True

    def update(self, binding: HostBinding, optimizer: Optimizer) -> None:
        """An update is about to run."""
        if not self.settled:
            self._first(binding, optimizer)
        self.settled = True
        if binding.clock == "calls":
            return
        self._ended(binding, binding.shown, optimizer.param_groups)
        if binding.clock == "updates" and binding.updates - binding.shown >= 2:  # noqa: PLR2004  # in a row
            self._held(binding, optimizer.param_groups)

    def call(self, binding: HostBinding, groups: Groups) -> None:
        """`step()` has been called and the values written."""
        updates, calls = binding.updates, binding.calls
        new = updates - binding.met
        if binding.clock == "calls":
            self._ended(binding, calls - 1, groups)
        if binding.clock != "updates":
            return
        self.leaps += new > 1
        if new > 1 and self.leaps > 1 and not binding.auto:
            self.once(
                "leap",
                f"Scheduler: step() ran after {new} updates; the plan counts updates, so it has moved {new}; "
                'if it was written in epochs pass clock="calls" or "90ep"',
            )
        if new == 0 and not binding.auto:
            binding.idle.few(updates, calls - 1)

    def foreign(self, panel: GroupWriter, groups: Groups) -> None:
        """The knobs are about to be overwritten; another hand may have written some."""
        for number, track in enumerate(panel.tracks):
            for index in panel.foreign(groups, number)[:1]:
                self.once(
                    "foreign",
                    f"Scheduler: another hand has set {track.knob.path} of group {track.index_of(index)} to "
                    f"{track.knob.read(groups[index]):g}, and the plan has overwritten it; seek, replan or another "
                    "plan change it for good, and several schedulers on one knob are one plan, `a >> b` or `a * b`",
                )

    def _first(self, binding: HostBinding, optimizer: Optimizer) -> None:
        group_states = [
            group_state for track in binding.tracks for group_state in track.group_states if group_state is not None
        ]
        based = [
            group_state
            for track in binding.tracks
            if track.scaled or not self.sought
            for group_state in track.group_states
            if group_state
        ]
        stale = [
            group_state
            for group_state in based
            if group_state.initial is not None and group_state.initial != group_state.found == group_state.base
        ]
        if stale:
            what = f"the optimizer bears initial_lr={stale[0].initial:g} and lr={stale[0].found:g} of an earlier run"
            remedy = "build it on each group's own lr and seek(k)"
        elif not self.sought and (self.trained or (not (self.empty or self.untrained) and _has_trained(optimizer))):
            what, remedy = "the optimizer has already trained", "seek(k)"
        else:
            return
        bases = ", ".join(f"{group_state.base:g}" for group_state in group_states[:3])
        self.once(
            "first",
            f"Scheduler: {what}, and no scheduler state was loaded, so the plan starts at update {binding.shown} from "
            f"base {bases}; load the scheduler's state, or {remedy}",
        )

    def _ended(self, binding: HostBinding, at: float, groups: Groups) -> None:
        """An update used the values of an index, perhaps past the end of a plan."""
        if at < binding.end:
            return
        for number, track in enumerate(binding.tracks):
            for shared_plan in track.shared_plans:
                plan = shared_plan.plan
                if at >= shared_plan.end and "ended" not in self.said and not binding.writer.foreign(groups, number):
                    self.once(
                        "ended",
                        f"Scheduler: the plan of {track.knob.path} has ended after {plan.steps} updates and holds "
                        f"{plan(plan.steps or 0):g}; give it more steps, or end it with `>> constant(value)`",
                    )

    def _held(self, binding: HostBinding, groups: Groups) -> None:
        """The caller drives, and updates may be passing without a call."""
        if "held" not in self.said and not any(binding.writer.foreign(groups, k) for k in range(len(binding.tracks))):
            self.once(
                "held",
                f"Scheduler: updates pass without step(), so the knobs hold their values of update {binding.shown}; "
                "call step() after each update, or pass auto=True",
            )


def _has_trained(optimizer: Optimizer) -> bool:
    """Whether there is a state, of at least one step where it counts them (Adagrad's is made at once)."""
    states = [state for state in optimizer.state.values() if state]
    return bool(states) and bool(states[0].get("step", True))

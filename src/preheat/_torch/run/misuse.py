"""Warnings, each given once, about a schedule that looks misused; an AMP skip, a micro-batch or many calls do not."""

from collections.abc import Iterator

from torch.optim import Optimizer

from preheat._plan import Plan
from preheat._torch.run.group_values import values_of
from preheat._torch.run.group_writer import GroupWriter
from preheat._torch.run.knob import Groups
from preheat._torch.run.knob_schedule import GroupState, KnobSchedule
from preheat._torch.run.progress import Progress
from preheat._torch.run.warnings import warn

__all__ = ["FAKE", "FRESH", "RESUMED", "SOUGHT", "TRAINED", "MisuseMonitor"]

# What is known of the run before its first update, the last of these that applies.
UNKNOWN = 0
FRESH = 1  # the optimizer had no state at bind, and none was loaded: a wrapper made the present one
FAKE = 2  # the optimizer's state was made by a step that torch runs to create it, so it shows no training
TRAINED = 3  # a state was loaded into the optimizer that shows training
SOUGHT = 4  # the user has chosen the position
RESUMED = 5  # a scheduler's state was loaded, or there has been an update: there is nothing left to check


class MisuseMonitor:
    """The warnings that wait to be given, those that have been, and what they are told by."""

    __slots__ = ("leaps", "origin", "sentences")

    def __init__(self) -> None:
        self.sentences: dict[str, str] = {}  # by their kind; "" once given. Bindings of one Scheduler share it
        self.origin = UNKNOWN
        self.leaps = 0  # calls that found more than one new update

    def note(self, origin: int) -> None:
        """Learn what went before the first update."""
        self.origin = max(self.origin, origin)

    def warn_once(self, kind: str, sentence: str) -> None:
        """Have `flush` give a warning, unless one of its kind was given."""
        self.sentences.setdefault(kind, sentence)

    def reset(self, kind: str) -> None:
        """Let a warning be given again."""
        self.sentences.pop(kind, None)

    @property
    def waiting(self) -> bool:
        """Whether there are warnings to give."""
        return any(self.sentences.values())

    def flush(self) -> None:
        """Give the warnings, after all is counted and written: a warning may be raised as an error."""
        for kind, sentence in list(self.sentences.items()):
            if sentence:
                self.sentences[kind] = ""
                warn(sentence)

    def optimizer_loaded(self, writer: GroupWriter, groups: Groups) -> None:
        """See from a state loaded into the optimizer whether it has trained: then a knob is not where it was here.

        But an lr without an `initial_lr` is that of an optimizer which no scheduler has driven.
        """
        if self.origin == FRESH:
            self.origin = UNKNOWN
        for schedule, row in zip(writer.schedules, writer.written, strict=True):
            for group, value in zip(groups, values_of(row, writer.known), strict=False):
                driven = schedule.knob.path != "lr" or "initial_lr" in group
                if value is not None and driven and schedule.knob.read(group) != schedule.knob.rounded(group, value):
                    self.note(TRAINED)

    def before_update(self, progress: Progress, writer: GroupWriter, optimizer: Optimizer) -> None:
        """Check an update that is about to run."""
        if self.origin != RESUMED:
            self._check_start(progress, writer, optimizer)
            self.note(RESUMED)
        if progress.clock.counts_calls:
            return
        self._check_end(progress.written_index, writer, optimizer.param_groups)
        if progress.clock.counts_updates and progress.updates - progress.written_index >= 2:  # noqa: PLR2004  # in a row
            self._check_calls(progress, writer, optimizer.param_groups)

    def after_call(self, progress: Progress, writer: GroupWriter, groups: Groups) -> None:
        """Check a call of `step()` that has written its values."""
        updates, calls, clock = progress.updates, progress.calls, progress.clock
        if clock.counts_calls:
            self._check_end(calls - 1, writer, groups)
        if not clock.counts_updates:
            return
        new = updates - progress.updates_at_last_call
        self.leaps += new > 1
        if new > 1 and self.leaps > 1 and clock.writer != "hook":
            self.warn_once(
                "leap",
                f"Scheduler: step() ran after {new} updates; the plan counts updates, so it has moved {new}; "
                'if it was written in epochs pass clock="calls" or "90ep"',
            )

    def before_overwriting(self, writer: GroupWriter, groups: Groups) -> None:
        """Check the knobs that are about to be overwritten for values that were set outside this Scheduler."""
        for number, schedule in enumerate(writer.schedules):
            for index in writer.foreign(groups, number)[:1]:
                self.warn_once(
                    "foreign",
                    f"Scheduler: another hand has set {schedule.knob.path} of group {schedule.index_of(index)} to "
                    f"{schedule.knob.read(groups[index]):g}, and the plan has overwritten it; seek, replan or another "
                    "plan change it for good, and several schedulers on one knob are one plan, `a >> b` or `a * b`",
                )

    def _check_start(self, progress: Progress, writer: GroupWriter, optimizer: Optimizer) -> None:
        sought = self.origin == SOUGHT
        states = [(schedule, state) for schedule in writer.schedules for state in schedule.group_states if state]
        of_earlier_run = [
            state for schedule, state in states if (schedule.scaled or not sought) and _is_of_earlier_run(state)
        ]
        if of_earlier_run:
            state = of_earlier_run[0]
            what = (
                f"the optimizer bears initial_lr={state.initial_lr:g} and lr={state.value_at_bind:g} of an earlier run"
            )
            remedy = "build it on each group's own lr and seek(k)"
        elif self.origin == TRAINED or (self.origin == UNKNOWN and _has_trained(optimizer)):
            what, remedy = "the optimizer has already trained", "seek(k)"
        else:
            return
        bases = ", ".join(f"{state.base:g}" for _, state in states[:3])
        self.warn_once(
            "first",
            f"Scheduler: {what}, and no scheduler state was loaded, so the plan starts at update "
            f"{progress.written_index} from base {bases}; load the scheduler's state, or {remedy}",
        )

    def _check_end(self, at: float, writer: GroupWriter, groups: Groups) -> None:
        """Check an index whose values an update used: it may be past the end of a plan."""
        for number, schedule in enumerate(writer.schedules):
            for plan in _ended(schedule, at):
                if "ended" not in self.sentences and not writer.foreign(groups, number):
                    self.warn_once(
                        "ended",
                        f"Scheduler: the plan of {schedule.knob.path} has ended after {plan.steps} updates and holds "
                        f"{plan(plan.steps or 0):g}; give it more steps, or end it with `>> constant(value)`",
                    )

    def _check_calls(self, progress: Progress, writer: GroupWriter, groups: Groups) -> None:
        """Warn of updates that pass without a call, unless the user sets the knobs meanwhile."""
        if "held" not in self.sentences and not any(writer.foreign(groups, k) for k in range(len(writer.schedules))):
            self.warn_once(
                "held",
                "Scheduler: updates pass without step(), so the knobs hold their values of update "
                f"{progress.written_index}; call step() after each update, or pass auto=True",
            )


def _is_of_earlier_run(state: GroupState) -> bool:
    """Whether a group was given to the Scheduler with the lr that an earlier schedule had left there."""
    return state.initial_lr is not None and state.initial_lr != state.value_at_bind == state.base


def _ended(schedule: KnobSchedule, at: float) -> Iterator[Plan]:
    return (shared_plan.plan for shared_plan in schedule.shared_plans if at >= shared_plan.end)


def _has_trained(optimizer: Optimizer) -> bool:
    """Whether there is a state, of at least one step where it counts them (Adagrad's is made at once)."""
    states = [state for state in optimizer.state.values() if state]
    return bool(states) and bool(states[0].get("step", True))

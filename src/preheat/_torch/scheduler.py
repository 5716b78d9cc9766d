"""`Scheduler`: plans bound to optimizers, in the form of torch's own schedulers."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from numbers import Integral
from typing import Any, Self

from torch.compiler import is_dynamo_compiling
from torch.optim import Optimizer

from preheat._fields import LAST, Count, Number, Updates, field_of
from preheat._lint import Finding
from preheat._nodes import allow_functions
from preheat._plan import Plan
from preheat._torch.bind.build import ENDED, Modes, bind, drive, pairs_of, real
from preheat._torch.bind.plan_checks import found
from preheat._torch.bind.plans import PerGroup, Planned, as_plan, shape_of
from preheat._torch.bind.undo import undone_on_error
from preheat._torch.face import TorchFace
from preheat._torch.misuse.unseen import look_for_updates
from preheat._torch.plateau import Plateau, set_feedback
from preheat._torch.processes import compare
from preheat._torch.report import base_lrs, named
from preheat._torch.run.binding import Binding
from preheat._torch.run.device import DeviceBinding
from preheat._torch.run.knob import Groups
from preheat._torch.run.warnings import warn
from preheat._torch.state.checkpoint import load, pack
from preheat._torch.state.conflicts import ON_CHANGE
from preheat._torch.state.edits import EditContext, edit, extend, seek
from preheat._torch.state.foreign import translated

__all__ = ["Scheduler"]


class Scheduler(TorchFace):
    """Binds plans to the knobs of an optimizer's groups; a torch `LRScheduler` to all who ask.

    Update `i` uses `plan(i)`. Updates are counted where they are applied, in the optimizer's own step: call `step()`
    once an update, once a micro-batch, once in each of eight processes, or never. Building one writes the knobs for
    update 0; it does not wrap the optimizer's `step`.

    >>> import torch
    >>> from preheat import noam, warmup
    >>> model = torch.nn.Linear(2, 2)
    >>> optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    >>> scheduler = Scheduler(optimizer, warmup(4))
    >>> for _ in range(3):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> scheduler.get_last_lr(), scheduler.last_epoch
    ([0.001], 3)

    Args:
        optimizer: a torch optimizer, or a list of them that follow the same plans, each with its own count. A wrapper
            without working hooks is followed to the real one.
        plan: multiplies each group's own lr. A plan, its text, a function of the update's index, or a mapping from
            groups (name, index, `"*"`) to these or None, which leaves a group alone.
        lr: sets the lr itself, whatever it was; otherwise as `plan`.
        scale: plans that multiply each group's own value of a knob: `{"weight_decay": plan}`.
        values: plans that set a knob: `{"betas[0]": plan}`.
        total_steps: the updates of the whole run, for lengths such as `"5%"` and `"rest"`; `extend` says it later.
        clock: `"updates"` counts updates that the optimizer applied; `"calls"` counts calls of `step()`, as torch
            does, for stepping once an epoch or behind an engine that hides the optimizer; `"manual"` moves by
            `advance(n)` alone, in the plan's own unit.
        auto: the optimizer's own step writes the values even after `step()` has been called.
        on_change: which plan is followed when a checkpoint's differs: the `"code"`'s, the `"checkpoint"`'s, or
            neither (`"error"`).
        on_device: the position and the values are tensors on the parameters' device, and a step reads nothing back;
            see the page on the device.
        feedback: a `Plateau`, whose factor multiplies the lr.
        functions: the functions that the text of a loaded checkpoint may name and call; those that your own plans use
            are known anyway.

    Raises:
        TypeError: an optimizer has no hooks and wraps none that has; a plan is of another kind.
        ValueError: no plan is given, or two for one knob; a key matches no group or a group no key; a plan leaves
            its knob's range or asks for more than the total; every group's value is 0 under `plan` or `scale`.
    """

    def __init__(  # noqa: PLR0913  # torch's users expect one constructor
        self,
        optimizer: Optimizer | Sequence[Optimizer],
        plan: PerGroup | None = None,
        *,
        lr: PerGroup | None = None,
        scale: Mapping[str, PerGroup] | None = None,
        values: Mapping[str, PerGroup] | None = None,
        total_steps: int | None = None,
        clock: str = "updates",
        auto: bool = False,
        on_change: str = "code",
        on_device: bool = False,
        feedback: Plateau | None = None,
        functions: Iterable[str | Callable[[Any], float]] = (),
    ) -> None:
        if on_change not in ON_CHANGE:
            raise ValueError(
                f"Scheduler(on_change={on_change!r}): on_change must be one of {', '.join(map(repr, ON_CHANGE))}"
            )
        allow_functions("Scheduler", functions)
        given = list(optimizer) if isinstance(optimizer, list | tuple) else [optimizer]
        self.optimizers = tuple(real(one, clock) for one in given)
        self.on_change = on_change
        if total_steps is not None:
            total_steps = field_of(Count).check("Scheduler", "total_steps", total_steps)
        specs = pairs_of(plan, lr, scale, values)
        with undone_on_error(self.optimizers):
            self._bindings = tuple(bind(self.optimizers, specs, Modes(clock, auto, on_device, total_steps)))
            if feedback is not None:
                set_feedback(self._bindings, self.optimizers, feedback)
            self._drive()

    def step(self, *metric: Any) -> None:
        """Write the values of the coming update. Call it after the optimizer's step, as often as you like.

        Args:
            metric: only with `feedback`: observed first.

        Raises:
            TypeError: it is given an argument without `feedback`, or more than the metric.
            RuntimeError: the scheduler is closed.
        """
        bindings = self._bindings
        if not metric:
            if len(bindings) == 1 and not is_dynamo_compiling():
                fast_step = bindings[0].fast_step
                if fast_step and fast_step.step(self.optimizers[0]):
                    return
            if isinstance(bindings[0], DeviceBinding) and self._memo is None:
                for binding, optimizer in zip(bindings, self.optimizers, strict=True):
                    binding.step(optimizer)  # type: ignore[attr-defined]  # all of them are on the device
                if not is_dynamo_compiling() and look_for_updates(self._pairs):
                    self._flush()
                return
        bindings[0].outside_graphs(self._step, metric)

    def _step(self, metric: tuple[Any, ...]) -> None:
        self._ready()
        if metric:
            if self._feedback is None or len(metric) > 1:
                raise TypeError(
                    f"step({', '.join(map(repr, metric))}): it takes no argument; seek(i) moves the schedule, and "
                    "observe(metric) feeds a Plateau"
                )
            self._feedback.see(metric[0], self.get_last_lr())
        warnings = False
        for binding, optimizer in self._pairs:
            warnings = binding.call(optimizer.param_groups) or warnings
        if look_for_updates(self._pairs) or warnings:
            self._flush()

    def observe(self, metric: Any, *, reduce: str | None = None) -> None:
        """Show the metric to the `Plateau`, and write at once what follows.

        Args:
            metric: a number; with several processes the same on each, unless reduced here.
            reduce: `"mean"`, `"min"` or `"max"` over the processes of `torch.distributed`.

        Raises:
            ValueError: there is no feedback; the metric is NaN.
            TypeError: the metric is not a number.
            RuntimeError: there is no process group to reduce over.
        """
        self._ready()
        if self._feedback is None:
            raise ValueError(
                f"observe({metric!r}): a Plateau must be given at bind: Scheduler(..., feedback=Plateau())"
            )
        self._feedback.see(metric, self.get_last_lr(), reduce)
        self._rewrite()

    @property
    def _feedback(self) -> Plateau | None:
        return next(
            (schedule.feedback for binding in self._bindings for schedule in binding.schedules if schedule.feedback),
            None,
        )

    def advance(self, n: float) -> None:
        """Move the position by `n`, in the plan's own unit (samples, tokens, seconds); under `clock="manual"`.

        Raises:
            ValueError: `n` is negative, not finite or too large, or the clock is another.
            TypeError: `n` is not a number.
        """
        self._ready()
        if not self._bindings[0].clock.fractional:
            raise ValueError(f'advance({n!r}): clock must be "manual", it is {self._bindings[0].clock.name!r}')
        amount = _amount("advance", "n", n)
        if any(binding.index + amount >= LAST for binding in self._bindings):
            raise ValueError(f"advance({n!r}): the position must stay below 2**53")
        for binding in self._bindings:
            moved = binding.clock.position_at(binding.index + amount)
            binding.position = binding.position._replace(**moved)

    def seek(self, i: float) -> None:
        """Move to update `i` and write its values; under `clock="calls"` to a call, under `"manual"` to a position.

        Raises:
            ValueError: `i` is negative.
            TypeError: `i` is not a whole number; under `clock="manual"`, not a number.
        """
        fractional = self._bindings[0].clock.fractional
        at = _amount("seek", "i", i) if fractional else int(field_of(Updates).check("seek", "i", i))
        self._ready()
        seek(self._bindings, self._groups, at)
        self._flush()

    def replan(self, plan: Planned, *, knob: str = "lr") -> None:
        """Follow another plan from here on, from its own beginning; saved with the run, and replayed.

        Under `clock="manual"`, from the next whole unit on.

        Raises:
            ValueError: the knob is not driven; the plan has no text.
        """
        new = as_plan("plan", plan)
        self._ready()
        self._edit(knob, lambda _: new, advise=True)

    def cooldown(self, n: int, end: float = 0.0, shape: str = "one_minus_sqrt", *, knob: str = "lr") -> None:
        """Go from the value that the last update used to `end` in `n` updates, from here on.

        Args:
            n: the length, in updates.
            end: the last value, in the knob's own terms (under `plan` and `scale` a multiplier).
            shape: the name of a shape with a start and an end.
            knob: what to cool down.

        Raises:
            ValueError: the knob is not driven, or there is no such shape.
        """
        make = shape_of(shape)
        self._ready()
        self._edit(knob, lambda moment: make(start=moment.value, end=end, steps=n), advise=False)

    def extend(self, total_steps: int) -> None:
        """Follow the plan as bound for another total from here on; saved with the run, and replayed.

        Plans whose lengths ask for the total, `"5%"` or `"rest"`, are resolved anew; what was used so far stays. A
        warning tells the value on each side of the seam where that is another than the one before.

        >>> import torch
        >>> from preheat import cosine, warmup
        >>> from preheat.torch import Scheduler
        >>> optimizer = torch.optim.SGD(torch.nn.Linear(2, 2).parameters(), lr=1.0)
        >>> scheduler = Scheduler(optimizer, warmup(2) >> cosine(1, 0, steps="rest"))
        >>> scheduler.extend(100)

        Args:
            total_steps: the updates of the whole run, those made so far included.

        Raises:
            ValueError: no plan asks for the total, or its parts are longer.
            TypeError: the total is not a whole number.
        """
        total = int(field_of(Count).check("extend", "total_steps", total_steps))
        self._ready()
        sentences = extend(self._bindings, self._groups, total)
        self._rewrite()
        for sentence in sentences:
            warn(sentence)

    def _edit(self, knob: str, make: Callable[[EditContext], Plan], *, advise: bool) -> None:
        edit(self._bindings, self._groups, [knob], make, advise=advise)
        self._rewrite()

    def close(self) -> None:
        """Stop driving; the knobs keep their values."""
        for binding in self._bindings:
            binding.close("by close()")
        ENDED.update(one for one in self.optimizers if isinstance(one, Optimizer))

    def used(self) -> dict[Any, dict[str, float]]:
        """What the last update used: `{group: {knob: value}}`, by the group's name if it is unique, else its index."""
        groups = self._groups
        rows = [binding.used_now(own) for own, binding in zip(groups, self._bindings, strict=True)]
        return named(groups, self._bindings, rows)

    def next(self) -> dict[Any, dict[str, float]]:
        """What the coming update will use, in the form of `used`."""
        groups = self._groups
        rows = [binding.next_now(own) for own, binding in zip(groups, self._bindings, strict=True)]
        return named(groups, self._bindings, rows)

    @property
    def base_lrs(self) -> tuple[float, ...]:  # type: ignore[override]  # not to be written
        """The lr of each group that the plan multiplies; under `lr=`, what it was at bind."""
        return base_lrs(self._groups, self._bindings)

    def state_dict(self) -> dict[str, Any]:
        """Where the run stands and what it follows, as plain numbers, strings and lists of them.

        Returns:
            A flat dict of about 1 kB that `json` and `torch.load(weights_only=True)` read.
        """
        return pack(self._bindings, self._groups).to_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue where a saved run stood, and write every knob; before or after the optimizer's own state.

        A state of torch's or transformers' schedulers or of `NoamOpt` gives its position and, where it holds them,
        its bases.

        Raises:
            ValueError: the state is not one of these, or of other groups or knobs; the plan has changed and
                `on_change` says no.
        """
        self._ready()
        if isinstance(state_dict, dict) and "preheat" in state_dict:
            sentences = load(self._bindings, self._groups, state_dict, self.on_change)
        else:
            sentences = translated(self._bindings, state_dict, self._groups)
        self._flush()
        for sentence in sentences:
            warn(sentence)

    def check_ranks(self) -> None:
        """Ask all processes of `torch.distributed` where they stand, and name the one that disagrees.

        Raises:
            RuntimeError: a rank stands elsewhere or follows another plan than rank 0.
        """
        compare(self.state_dict())

    def __repr__(self) -> str:
        plans = ", ".join(schedule.given_text for schedule in self._bindings[0].schedules)
        counted = "calls" if self._bindings[0].clock.counts_calls else "updates"
        return f"<Scheduler({plans}) after {self.last_epoch} {counted}>"

    def _count(self) -> int:
        self._bindings[0].count_pending()
        position = self._bindings[0].position
        return position.calls if self._bindings[0].clock.counts_calls else position.updates

    def _findings(self, total_steps: int | None) -> Iterator[Finding]:
        """What `preheat.lint` finds in the plans as they are followed now."""
        kinds = [type(one).__name__ for one in self.optimizers]
        known = total_steps or self._bindings[0].schedules[0].horizon.total_steps
        length = known if self._bindings[0].clock.counts_updates else None
        for schedules in zip(*(binding.schedules for binding in self._bindings), strict=True):
            yield from found(schedules, self._groups, kinds, length)

    def __copy__(self) -> Self:
        return self.__deepcopy__({})

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """A copy made together with its optimizer drives the copied one; one made alone waits for its first use."""
        together = all(id(one) in memo for one in self.optimizers)
        twin = object.__new__(type(self))
        vars(twin).update(vars(self), _bindings=deepcopy(self._bindings, memo), _memo=memo)
        if together:
            twin.optimizers = tuple(memo[id(one)] for one in self.optimizers)
            twin._take_over()
        return twin

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_memo"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._drive()

    _memo: dict[int, Any] | None = None  # only of a copy that a deepcopy made alone, until its first use

    def _take_over(self) -> None:
        """Have a copy drive its optimizers."""
        self._memo = None
        self._drive()

    def _drive(self) -> None:
        with undone_on_error(self.optimizers):
            replaced = [drive(one, binding) for binding, one in self._pairs if not binding.closed]
            if any(replaced):
                warn("Scheduler(): replaces the one that drove these knobs, which is now closed; its bases are kept")
        for binding in filter(None, replaced):
            binding.close("replaced by a later Scheduler on the same knobs")

    def _ready(self) -> None:
        """Have all updates counted; a copy made alone takes its optimizer over at its first use.

        Raises:
            RuntimeError: the scheduler is closed, or a copy that cannot know its optimizer.
        """
        for binding in self._bindings:
            binding.ready()
        if self._memo is None:
            return
        if any(id(one) in self._memo for one in self.optimizers):
            raise RuntimeError(
                "Scheduler: this copy was made before that of its optimizer, whose updates it has not seen; "
                "copy (optimizer, scheduler) in this order, or load_state_dict into a new Scheduler"
            )
        self._take_over()

    def _rewrite(self) -> None:
        for own, binding in zip(self._groups, self._bindings, strict=True):
            binding.rewrite(own)
        self._flush()

    def _flush(self) -> None:
        for binding in self._bindings:
            binding.monitor.flush()

    @property
    def _pairs(self) -> list[tuple[Binding, Optimizer]]:
        return list(zip(self._bindings, self.optimizers, strict=True))

    @property
    def _groups(self) -> list[Groups]:
        return [one.param_groups for one in self.optimizers]


def _amount(who: str, name: str, got: Any) -> float:
    """A position of the manual clock, whole if it was given so."""
    number = field_of(Number).check(who, name, got)
    if number < 0:
        raise ValueError(f"{who}({name}={got!r}): {name} must be a number, 0 or more")
    return int(got) if isinstance(got, Integral) else number

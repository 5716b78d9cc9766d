"""`Scheduler`: plans bound to an optimizer, in the form of torch's own schedulers."""

from collections.abc import Callable
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from preheat._fields import Steps, field_of
from preheat._nodes import function
from preheat._plan import Plan
from preheat._text import parse
from preheat._torch import _checkpoint
from preheat._torch._advice import advise, say
from preheat._torch._binding import Binding, Track
from preheat._torch._knob import read

__all__ = ["Scheduler"]

Planned = Plan | str | Callable[[Any], float]

_CLOCKS = ("updates", "calls")
_BOUND: WeakKeyDictionary[Optimizer, Binding] = WeakKeyDictionary()  # who drives which optimizer


class Scheduler(LRScheduler):
    """Binds a plan to the learning rate of an optimizer's groups; a torch `LRScheduler` to all who ask.

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
        optimizer: a torch optimizer; a wrapper without working hooks is followed to the real one.
        plan: multiplies each group's own lr. A plan, its text, or a function of the update's index.
        lr: sets the lr itself, whatever it was.
        clock: `"updates"` counts updates that the optimizer applied; `"calls"` counts calls of `step()`, as torch
            does, for stepping once an epoch or behind an engine that hides the optimizer.
        auto: the optimizer's own step writes the values even after `step()` has been called.

    Raises:
        TypeError: the optimizer has no hooks and wraps none that has; a plan is none.
        ValueError: neither or both of `plan` and `lr` are given; every group's lr is 0 under `plan`.
    """

    optimizer: Optimizer

    def __init__(
        self,
        optimizer: Optimizer,
        plan: Planned | None = None,
        *,
        lr: Planned | None = None,
        clock: str = "updates",
        auto: bool = False,
    ) -> None:
        # torch's own __init__ would wrap optimizer.step, which fails on a compiled one: it is not called.
        self.optimizer = _real(optimizer, clock)
        _check_modes(clock, auto)
        track = _track(plan, lr)
        groups = self.optimizer.param_groups
        track.adopt(groups)
        replaced = _BOUND.get(self.optimizer)
        if replaced is not None:
            _take_over(track, replaced)
        if track.scaled and not any(cell.base for cell in track.cells):
            message = f"Scheduler(plan={track.plan!r:.60}): multiplies lr=0 in every group; lr= sets the lr itself"
            raise ValueError(message)
        self._binding = Binding([track], clock=clock, auto=auto)
        self._binding.show(groups, 0)
        if isinstance(self.optimizer, Optimizer):
            self._binding.attach(self.optimizer)
            _BOUND[self.optimizer] = self._binding
        if replaced is not None:
            replaced.close("replaced by a later Scheduler on the same optimizer")
            say("Scheduler(): replaces the one already on this optimizer, which is now closed; its bases are kept")
        advise(track)

    def step(self, *args: object) -> None:  # type: ignore[override]  # torch's epoch argument is refused in words
        """Write the values of the coming update. Call it after the optimizer's step, as often as you like.

        Raises:
            TypeError: it is given an argument.
            RuntimeError: the scheduler is closed.
        """
        if args:
            message = f"step({args[0]!r}): it takes no argument; seek(i) moves the schedule"
            raise TypeError(message)
        if self._binding.closed:
            message = f"Scheduler.step(): it is closed: {self._binding.closed}"
            raise RuntimeError(message)
        self._binding.call(self.optimizer.param_groups)

    def seek(self, i: int) -> None:
        """Move to update `i` and write its values.

        Raises:
            ValueError: `i` is negative.
            TypeError: `i` is not a whole number.
        """
        self._binding.seek(self.optimizer.param_groups, int(field_of(Steps).check("seek", "i", i)))

    def close(self) -> None:
        """Stop driving the optimizer; the knobs keep their values."""
        self._binding.close("by close()")
        _BOUND.pop(self.optimizer, None)

    def get_last_lr(self) -> list[float]:  # type: ignore[override]  # plain floats, also of tensors
        """The lr now in each group."""
        return [read(group, "lr") for group in self.optimizer.param_groups]

    get_lr = get_last_lr  # type: ignore[assignment]  # likewise

    @property
    def _last_lr(self) -> list[float]:  # type: ignore[override]  # derived
        return self.get_last_lr()

    @property
    def base_lrs(self) -> tuple[float, ...]:  # type: ignore[override]  # not to be written
        """The lr of each group that the plan multiplies; under `lr=`, what it was at bind."""
        return tuple(cell.base for track in self._binding.tracks for cell in track.cells if track.knob == "lr")

    @property
    def last_epoch(self) -> int:  # type: ignore[override]  # counted, not to be written
        """The number of updates applied; under `clock="calls"`, of calls."""
        return int(self._binding.index)

    @last_epoch.setter
    def last_epoch(self, value: int) -> None:
        _refuse_composites(f"last_epoch = {value!r}")

    @property
    def _step_count(self) -> int:  # type: ignore[override]  # Accelerate writes it; it means nothing here
        return self.last_epoch + 1

    @_step_count.setter
    def _step_count(self, value: int) -> None:
        del value

    def _initial_step(self) -> NoReturn:
        _refuse_composites("_initial_step()")

    def _update_lr(self, epoch: int | None = None) -> NoReturn:
        _refuse_composites(f"_update_lr({epoch!r})")

    def state_dict(self) -> dict[str, Any]:
        """Where the run stands and what it follows, as plain numbers, strings and lists of them.

        Returns:
            A flat dict of about 1 kB that `json` and `torch.load(weights_only=True)` read.
        """
        return _checkpoint.pack(self._binding, self.optimizer.param_groups)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue where a saved run stood, and write every knob; before or after the optimizer's own state.

        The plan is the code's; a saved one that differs is said, with the values on either side.

        Raises:
            ValueError: the state is not of a Scheduler, or of other groups or knobs.
        """
        said = _checkpoint.unpack(self._binding, state_dict, self.optimizer.param_groups)
        for sentence in said:
            say(sentence)


def _refuse_composites(what: str) -> NoReturn:
    message = (
        f"Scheduler.{what}: it must be left alone; seek(i) moves the schedule, and in place of SequentialLR "
        "write one plan, `a >> b`"
    )
    raise AttributeError(message)


def _real(optimizer: Any, clock: str) -> Optimizer:
    """The optimizer whose hooks work, through wrappers such as Accelerate's."""
    inner = optimizer
    while inner is not None and not ("_optimizer_step_post_hooks" in getattr(inner, "__dict__", ())):
        inner = getattr(inner, "optimizer", None)
    if inner is not None:
        return inner  # type: ignore[no-any-return]  # it has an optimizer's hooks
    if clock == "calls" and hasattr(optimizer, "param_groups"):
        return optimizer  # type: ignore[no-any-return]  # it has an optimizer's groups
    message = (
        f"Scheduler(optimizer={type(optimizer).__name__}): optimizer must be a torch Optimizer with working hooks; "
        'pass the inner optimizer, or clock="calls"'
    )
    raise TypeError(message)


def _check_modes(clock: str, auto: object) -> None:
    if clock not in _CLOCKS:
        message = f"Scheduler(clock={clock!r}): clock must be one of {', '.join(map(repr, _CLOCKS))}"
        raise ValueError(message)
    if not isinstance(auto, bool):
        message = f"Scheduler(auto={auto!r}): auto must be True or False"
        raise TypeError(message)
    if auto and clock != "updates":
        message = f'Scheduler(auto=True, clock={clock!r}): clock must be "updates" when the optimizer drives'
        raise ValueError(message)


def _track(plan: Planned | None, lr: Planned | None) -> Track:
    if (plan is None) == (lr is None):
        message = "Scheduler(plan=..., lr=...): one of plan and lr must be given; plan multiplies the lr, lr sets it"
        raise ValueError(message)
    return Track("lr", _as_plan("lr", lr), scaled=False) if plan is None else Track("lr", _as_plan("plan", plan), scaled=True)


def _as_plan(name: str, given: object) -> Plan:
    if isinstance(given, Plan):
        return given
    if isinstance(given, str):
        return parse(given)
    if callable(given):
        return function(given)
    message = f"Scheduler({name}={given!r}): {name} must be a plan, its text, or a function of the update's index"
    raise TypeError(message)


def _take_over(track: Track, first: Binding) -> None:
    """Take the bases from the binding that is being replaced, where its values still stand."""
    for old in first.tracks:
        for cell, before, shown in zip(track.cells, old.cells, old.values(first.shown), strict=False):
            if cell.found == shown:  # TODO tensors
                cell.base = cell.found = before.base
                cell.initial = before.initial

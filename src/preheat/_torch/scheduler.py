"""`Scheduler`: plans bound to optimizers, in the form of torch's own schedulers."""

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

from torch.compiler import is_dynamo_compiling
from torch.optim import Optimizer

from preheat._fields import LAST, Count, Number, Updates, field_of
from preheat._torch.bind.build import ENDED, Modes, bind, pairs_of, real
from preheat._torch.bind.undo import undone_on_error
from preheat._torch.editable import Editable, Planned
from preheat._torch.misuse.unseen import look_for_updates
from preheat._torch.plateau import Plateau
from preheat._torch.run.device import DeviceBinding
from preheat._torch.run.processes import compare
from preheat._torch.run.report import named
from preheat._torch.run.warnings import warn
from preheat._torch.state.checkpoint import load, pack
from preheat._torch.state.conflicts import ON_CHANGE
from preheat._torch.state.edits import seek
from preheat._torch.state.foreign import translated

__all__ = ["Scheduler"]

PerGroup = Planned | Mapping[Any, Planned | None]


class Scheduler(Editable):
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

    Raises:
        TypeError: an optimizer has no hooks and wraps none that has; a plan is none.
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
    ) -> None:
        # torch's own __init__ would wrap optimizer.step, which fails on a compiled one: it is not called.
        if on_change not in ON_CHANGE:
            raise ValueError(
                f"Scheduler(on_change={on_change!r}): on_change must be one of {', '.join(map(repr, ON_CHANGE))}"
            )
        given = list(optimizer) if isinstance(optimizer, list | tuple) else [optimizer]
        self.optimizers = tuple(real(one, clock) for one in given)
        self.on_change = on_change
        self._memo: dict[int, Any] | None = None  # of the deepcopy that made this, until its first use
        if total_steps is not None:
            total_steps = field_of(Count).check("Scheduler", "total_steps", total_steps)
        specs = pairs_of(plan, lr, scale, values)
        with undone_on_error(self.optimizers):
            self._bindings = bind(self.optimizers, specs, Modes(clock, auto, on_device, total_steps))
            if feedback is not None:
                self._heed(feedback)
            self._drive()

    def _heed(self, feedback: Plateau) -> None:
        tracks = [track for binding in self._bindings for track in binding.tracks if track.knob.path == "lr"]
        if not isinstance(feedback, Plateau) or not tracks:
            raise TypeError(
                f"Scheduler(feedback={feedback!r:.60}): feedback must be a Plateau, beside a plan of the lr"
            )
        if any(isinstance(binding, DeviceBinding) for binding in self._bindings):
            raise ValueError(
                "Scheduler(on_device=True, feedback=...): feedback must be None, for it cuts the lr on the host"
            )
        feedback.fit([len(one.param_groups) for one in self.optimizers])
        for track in tracks:
            track.feedback = feedback

    def step(self, *metric: Any) -> None:
        """Write the values of the coming update. Call it after the optimizer's step, as often as you like.

        Args:
            metric: only with `feedback`: observed first.

        Raises:
            TypeError: it is given an argument without `feedback`, or more than the metric.
            RuntimeError: the scheduler is closed.
        """
        if self._alone is not None and not metric and not is_dynamo_compiling():
            binding, optimizer = self._alone
            if binding.fast_step and binding.fast_step.step(binding, optimizer):
                return
        if self._devices and not metric:
            for device, its_own in self._devices:
                device.step(its_own)
            if not is_dynamo_compiling() and look_for_updates(self._devices):
                self._flush()
            return
        self._bindings[0].apart(self._step, metric)

    def _step(self, metric: tuple[Any, ...]) -> None:
        self._awake()
        if metric:
            if self._feedback is None or len(metric) > 1:
                raise TypeError(
                    f"step({', '.join(map(repr, metric))}): it takes no argument; seek(i) moves the schedule, and "
                    "observe(metric) feeds a Plateau"
                )
            self._feedback.see(metric[0], self.get_last_lr())
        loud = False
        for binding, optimizer in self._pairs:
            loud = binding.call(optimizer.param_groups) or loud
        if look_for_updates(self._pairs) or loud:
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
        self._awake()
        if self._feedback is None:
            raise ValueError(
                f"observe({metric!r}): a Plateau must be given at bind: Scheduler(..., feedback=Plateau())"
            )
        self._feedback.see(metric, self.get_last_lr(), reduce)
        self._rewrite()

    @property
    def _feedback(self) -> Plateau | None:
        return next((track.feedback for binding in self._bindings for track in binding.tracks if track.feedback), None)

    def advance(self, n: float) -> None:
        """Move the position by `n`, in the plan's own unit (samples, tokens, seconds); under `clock="manual"`.

        Raises:
            ValueError: `n` is negative, not finite or too large, or the clock is another.
            TypeError: `n` is not a number.
        """
        self._awake()
        if self._bindings[0].clock != "manual":
            raise ValueError(f'advance({n!r}): clock must be "manual", it is {self._bindings[0].clock!r}')
        amount = _amount("advance", "n", n)
        if any(binding.position.amount + amount >= LAST for binding in self._bindings):
            raise ValueError(f"advance({n!r}): the position must stay below 2**53")
        for binding in self._bindings:
            binding.position = binding.position._replace(amount=binding.position.amount + amount)

    def seek(self, i: float) -> None:
        """Move to update `i` and write its values; under `clock="calls"` to a call, under `"manual"` to a position.

        Raises:
            ValueError: `i` is negative.
            TypeError: `i` is not a whole number; under `clock="manual"`, not a number.
        """
        manual = self._bindings[0].clock == "manual"
        at = _amount("seek", "i", i) if manual else int(field_of(Updates).check("seek", "i", i))
        self._awake()
        seek(self._bindings, self._groups(), at)
        self._flush()

    def close(self) -> None:
        """Stop driving; the knobs keep their values."""
        for binding in self._bindings:
            binding.close("by close()")
        ENDED.update(one for one in self.optimizers if isinstance(one, Optimizer))

    def used(self) -> dict[Any, dict[str, float]]:
        """What the last update used: `{group: {knob: value}}`, by the group's name if it is unique, else its index."""
        groups = self._groups()
        rows = [binding.used_now(own) for own, binding in zip(groups, self._bindings, strict=True)]
        return named(groups, self._bindings, rows)

    def next(self) -> dict[Any, dict[str, float]]:
        """What the coming update will use, in the form of `used`."""
        groups = self._groups()
        rows = [binding.next_now(own) for own, binding in zip(groups, self._bindings, strict=True)]
        return named(groups, self._bindings, rows)

    def state_dict(self) -> dict[str, Any]:
        """Where the run stands and what it follows, as plain numbers, strings and lists of them.

        Returns:
            A flat dict of about 1 kB that `json` and `torch.load(weights_only=True)` read.
        """
        return pack(self._bindings, self._groups()).to_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue where a saved run stood, and write every knob; before or after the optimizer's own state.

        A state of torch's or transformers' schedulers or of `NoamOpt` gives its position and, where it holds them,
        its bases.

        Raises:
            ValueError: the state is not one of these, or of other groups or knobs; the plan has changed and
                `on_change` says no.
        """
        self._awake()
        groups = self._groups()
        if isinstance(state_dict, dict) and "preheat" in state_dict:
            sentences = load(self._bindings, groups, state_dict, self.on_change)
        else:
            sentences = translated(self._bindings, state_dict, groups)
        self._flush()
        for sentence in sentences:
            warn(sentence)

    def check_ranks(self) -> None:
        """Ask all processes of `torch.distributed` where they stand, and name the one that disagrees.

        Raises:
            RuntimeError: a rank stands elsewhere or follows another plan than rank 0.
        """
        compare(self.state_dict())


def _amount(who: str, name: str, got: Any) -> float:
    """A position of the manual clock, whole if it was given so."""
    number = field_of(Number).check(who, name, got)
    if number < 0:
        raise ValueError(f"{who}({name}={got!r}): {name} must be a number, 0 or more")
    return int(got) if isinstance(got, Integral) else number

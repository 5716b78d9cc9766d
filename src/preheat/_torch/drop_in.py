"""What torch and the frameworks expect of a scheduler, and how one is copied."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, NoReturn, Self

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from preheat._lint import Finding
from preheat._torch.bind.build import drive
from preheat._torch.bind.plan_checks import found
from preheat._torch.bind.undo import undone_on_error
from preheat._torch.run.binding import Binding
from preheat._torch.run.device import DeviceBinding
from preheat._torch.run.host import HostBinding
from preheat._torch.run.warnings import warn

__all__ = ["DropIn"]


class DropIn(LRScheduler):
    """The face of a torch scheduler on bindings; all it shows is derived."""

    optimizers: tuple[Optimizer, ...]
    on_change: str
    _bindings: list[Binding]
    _pairs: tuple[tuple[Binding, Optimizer], ...]  # once they are driven
    _alone: tuple[HostBinding, Optimizer] | None  # the only pair, where it is on the host
    _devices: tuple[tuple[DeviceBinding, Optimizer], ...]
    _memo: dict[int, Any] | None  # of the deepcopy that made this, until its first use

    @property
    def optimizer(self) -> Optimizer:  # type: ignore[override]  # derived
        """The optimizer, or the first of several."""
        return self.optimizers[0]

    def __repr__(self) -> str:
        plans = ", ".join(track.given_text for track in self._bindings[0].tracks)
        counted = "calls" if self._bindings[0].clock == "calls" else "updates"
        return f"<Scheduler({plans}) after {self.last_epoch} {counted}>"

    def get_last_lr(self) -> list[float]:  # type: ignore[override]  # plain floats, also of tensors
        """The lr now in each group."""
        return [float(group["lr"]) for one in self.optimizers for group in one.param_groups]

    get_lr = get_last_lr  # type: ignore[assignment]  # likewise

    @property
    def _last_lr(self) -> list[float]:  # type: ignore[override]  # derived
        return self.get_last_lr()

    @property
    def base_lrs(self) -> tuple[float, ...]:  # type: ignore[override]  # not to be written
        """The lr of each group that the plan multiplies; under `lr=`, what it was at bind."""
        bases = []
        for one, binding in zip(self.optimizers, self._bindings, strict=True):
            group_states = next((track.group_states for track in binding.tracks if track.knob.path == "lr"), [])
            for index, group in enumerate(one.param_groups):
                group_state = group_states[index] if index < len(group_states) else None
                bases.append(float(group["lr"]) if group_state is None else group_state.base)
        return tuple(bases)

    def _findings(self, total_steps: int | None) -> Iterator[Finding]:
        """What `preheat.lint` says of the plans as they are followed now."""
        bindings, kinds = self._bindings, [type(one).__name__ for one in self.optimizers]
        known = total_steps or bindings[0].tracks[0].horizon.total_steps
        length = known if bindings[0].clock == "updates" else None
        for tracks in zip(*(binding.tracks for binding in bindings), strict=True):
            yield from found(tracks, [one.param_groups for one in self.optimizers], kinds, length)

    @property
    def last_epoch(self) -> int:
        """The number of updates applied; under `clock="calls"`, of calls."""
        self._bindings[0].settle()
        position = self._bindings[0].position
        return position.calls if self._bindings[0].clock == "calls" else position.updates

    @last_epoch.setter
    def last_epoch(self, value: int) -> None:
        _refuse(f"last_epoch = {value!r}")

    @property
    def _step_count(self) -> int:
        return self.last_epoch + 1

    @_step_count.setter
    def _step_count(self, value: int) -> None:
        del value

    def _initial_step(self) -> NoReturn:
        _refuse("_initial_step()")

    def _update_lr(self, epoch: int | None = None) -> NoReturn:
        _refuse(f"_update_lr({epoch!r})")

    def __copy__(self) -> Self:
        return self.__deepcopy__({})

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """A copy beside a copied optimizer drives the copy; one made alone is passive until its first `step()`."""
        beside = all(id(one) in memo for one in self.optimizers)
        state = self.__getstate__()
        del state["optimizers"]
        twin = object.__new__(type(self))
        vars(twin).update(deepcopy(state, memo), optimizers=self.optimizers, _memo=memo, _alone=None, _devices=())
        twin._disown()
        if beside:
            twin.optimizers, twin._memo = tuple(memo[id(one)] for one in self.optimizers), None
            twin._drive()
        return twin

    def __getstate__(self) -> dict[str, Any]:
        return {
            name: held for name, held in vars(self).items() if name not in ("_alone", "_devices", "_memo", "_pairs")
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _memo=None)
        self._disown()
        self._drive()

    def _disown(self) -> None:
        """The knobs hold tensors that are not this scheduler's own."""
        for binding in self._bindings:
            binding.stale = True

    def _drive(self) -> None:
        self._pairs = tuple(zip(self._bindings, self.optimizers, strict=True))
        hosts = [(binding, one) for binding, one in self._pairs if isinstance(binding, HostBinding)]
        self._alone = hosts[0] if len(self._pairs) == len(hosts) == 1 else None
        self._devices = tuple((b, one) for b, one in self._pairs if isinstance(b, DeviceBinding))
        with undone_on_error(self.optimizers):
            replaced = [drive(one, binding) for binding, one in self._pairs if not binding.closed]
            if any(replaced):
                warn("Scheduler(): replaces the one that drove these knobs, which is now closed; its bases are kept")
        for binding in filter(None, replaced):
            binding.close("replaced by a later Scheduler on the same knobs")

    def _awake(self) -> None:
        """A copy made alone takes its optimizer over at its first use.

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
        self._memo = None
        self._drive()


def _refuse(what: str) -> NoReturn:
    raise AttributeError(
        f"Scheduler.{what}: it must be left alone; seek(i) moves the schedule, and in place of SequentialLR "
        "write one plan, `a >> b`"
    )

"""The setting of every row, and the verdict: what each update used, against what the user asked for.

AdamW, two groups with peaks 1e-3 and 1e-4, 40 updates, a warm-up of 10, a floor of 1e-5. What an update used is read
in the optimizer's own step pre-hook, so it is what the weights really got.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf, isfinite
from pathlib import Path
from traceback import walk_tb
from typing import Any, NamedTuple

import torch

PEAKS = (1e-3, 1e-4)
N, W, FLOOR = 40, 10, 1e-5
RIGHT, LOUD, SILENT, NONE = "right", "loud", "SILENT", "-"
INNOCENT = (
    "before `optimizer.step()`",
    "has been overridden after",
)  # torch on the order of calls, false in these rows

Table = list[list[float]]  # a row for each update, an lr for each group


Call = Callable[[Sequence[Any], int], object]  # of the parts of a schedule, at update i


def nothing(_: Sequence[Any], __: int) -> None:
    """What the loop has to call where the docs ask for nothing."""


def step(parts: Sequence[Any], _: int) -> None:
    """What it has to call where they are torch's."""
    parts[0].step()


class NoStateError(Exception):
    """A schedule cannot be saved."""


@dataclass
class Driven:
    """A bound schedule: what its docs have a run save, and what they have the loop call after and before an update."""

    parts: Sequence[Any]
    after: Call = step
    before: Call = nothing

    def state(self) -> list[Any]:
        """The state of each part.

        Raises:
            NoStateError: a part has none.
        """
        for part in self.parts:
            if not hasattr(part, "state_dict"):
                message = f"{type(part).__name__} has no state_dict"
                raise NoStateError(message)
        return [part.state_dict() for part in self.parts]

    def load(self, states: Sequence[Any]) -> None:
        """Load the state of each part."""
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)


class Case(NamedTuple):
    """A schedule of a library."""

    library: str
    name: str
    build: Callable[..., Driven]  # of an optimizer, and `total` updates
    ends: bool = True  # and so must hold its last value
    sized: bool = True  # in a total number of updates
    resumes: Callable[[torch.optim.Optimizer, int], Driven] | None = None  # at update k, without a checkpoint


class Run(NamedTuple):
    """What updates used, what they should have, and the highest lr of each group."""

    used: Table
    asked: Table
    peaks: Sequence[float] = PEAKS
    or_asked: Table | None = None  # what would be as good


Wish = tuple[str, str, Callable[[], Run]]  # what only some have: the library, what of it, and the run


@dataclass
class Verdict:
    """What came out for one case in one row."""

    library: str
    name: str
    verdict: str
    off_by: float = 0.0  # the largest difference, as a multiple of the group's peak
    wrong: str = ""  # updates that differ, of all
    said: list[str] = field(default_factory=list)


class AdamW(torch.optim.AdamW):
    """An optimizer that remembers the peaks that the user's code has for its groups."""

    peaks: Sequence[float]


def adamw(peaks: Sequence[float] = PEAKS, *, tensor: bool = False) -> AdamW:
    """A fresh optimizer with gradients in place; its lrs are floats or tensors, that of the first group the default."""
    parameters = [torch.nn.Parameter(torch.ones(1)) for _ in peaks]
    for parameter in parameters:
        parameter.grad = torch.ones(1)
    first, *others = (torch.tensor(peak) if tensor else peak for peak in peaks)
    groups: list[dict[str, Any]] = [{"params": parameters[:1]}]
    groups += [{"params": [parameter], "lr": lr} for parameter, lr in zip(parameters[1:], others, strict=True)]
    optimizer = AdamW(groups, lr=first)
    optimizer.peaks = peaks
    return optimizer


class Recorder:
    """Reads the lrs of an optimizer just before each update."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        """Read from now on, so after what the schedule's own hooks write."""
        self.used: Table = []
        optimizer.register_step_pre_hook(self._see)

    def _see(self, optimizer: torch.optim.Optimizer, *_: object) -> None:
        self.used.append([float(group["lr"]) for group in optimizer.param_groups])


def drive(optimizer: torch.optim.Optimizer, driven: Driven, start: int = 0, stop: int = N) -> Table:
    """Make updates `start` to `stop` as the docs have it; the lrs that they used."""
    recorder = Recorder(optimizer)
    for i in range(start, stop):
        driven.before(driven.parts, i)
        optimizer.step()
        driven.after(driven.parts, i)
    return recorder.used


@dataclass(frozen=True)
class Plain:
    """What a case does when nothing is done to it."""

    case: Case
    peaks: Sequence[float] = PEAKS
    total: int = N

    @cached_property
    def table(self) -> Table:
        """The lrs of all updates, the last held where the schedule ends."""
        optimizer = adamw(self.peaks)
        stop = self.total if self.case.ends else 3 * self.total
        used = drive(optimizer, self.case.build(optimizer, total=self.total), 0, stop)
        return used + [used[-1]] * (3 * self.total - stop)

    @property
    def tops(self) -> list[float]:
        """The highest lr of each group."""
        return [max(column) for column in zip(*self.table[: self.total], strict=True)]

    def beside(self, used: Table, start: int = 0, stop: int | None = None) -> Run:
        """What updates used, beside what they use when nothing is done."""
        return Run(used, self.table[start : stop or self.total], self.tops)


def saved(case: Case, k: int, *, tensor: bool = False) -> tuple[dict[str, Any], list[Any]]:
    """The states of the optimizer and of the schedule after `k` updates."""
    optimizer = adamw(tensor=tensor)
    driven = case.build(optimizer, total=N)
    drive(optimizer, driven, 0, k)
    return optimizer.state_dict(), driven.state()


def differences(run: Run) -> list[float]:
    """How far each update is from what was asked, as a multiple of the group's peak."""
    if len(run.used) != len(run.asked):
        return [inf]
    far = []
    for used, asked in zip(run.used, run.asked, strict=True):
        apart = [abs(u - a) / peak for u, a, peak in zip(used, asked, run.peaks, strict=False)]
        far.append(max(x if isfinite(x) else inf for x in apart))
    return far


def is_ours(error: Exception) -> bool:
    """Whether it was raised in this folder, and so is no answer of a library."""
    *_, (frame, _) = walk_tb(error.__traceback__)
    return Path(frame.f_code.co_filename).parent == Path(__file__).parent


def judge(
    case: Case, row: Callable[[Case], Run | None], tolerance: float, innocent: Sequence[str] = INNOCENT
) -> Verdict:
    """Right: as asked. Loud: not as asked, and an error or a warning says so. Silently wrong: the rest."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            run = row(case)
        except Exception as error:
            if not isinstance(error, NoStateError) and is_ours(error):
                raise
            return Verdict(case.library, case.name, LOUD, said=[f"{type(error).__name__}: {error}"])
    heard = [warning for warning in caught if not issubclass(warning.category, DeprecationWarning | FutureWarning)]
    said = list(dict.fromkeys(str(warning.message) for warning in heard))
    if run is None:
        return Verdict(case.library, case.name, NONE)
    far = differences(run)
    if run.or_asked is not None:
        far = min(far, differences(run._replace(asked=run.or_asked)), key=max)
    if max(far) <= tolerance:
        return Verdict(case.library, case.name, RIGHT, said=said)
    verdict = LOUD if any(not any(part in words for part in innocent) for words in said) else SILENT
    return Verdict(case.library, case.name, verdict, max(far), f"{sum(x > tolerance for x in far)} of {len(far)}", said)

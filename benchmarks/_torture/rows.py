"""The rows that every schedule can be put through: what a user does, and what ought to come of it."""

from copy import deepcopy
from dataclasses import replace
from math import inf

import torch

from benchmarks._torture.setting import PEAKS, AdamW, Case, N, Plain, Recorder, Run, Table, W, adamw, drive, saved

SAVED_AT = (0, 1, W - 1, W, W + 1, 20, N - 1)
MIDDLE = 20


def each(case: Case, resumed: list[tuple[int, Table]]) -> Run:
    """The runs resumed at several updates, one after the other."""
    plain = Plain(case)
    asked = [row for k, _ in resumed for row in plain.table[k:N]]
    return Run([row for _, used in resumed for row in used], asked, plain.tops)


def as_documented(case: Case) -> Run:
    """Build, load the optimizer, load the schedule."""
    resumed = []
    for k in SAVED_AT:
        states, optimizer = saved(case, k), adamw()
        driven = case.build(optimizer, total=N)
        optimizer.load_state_dict(states[0])
        driven.load(states[1])
        resumed.append((k, drive(optimizer, driven, k)))
    return each(case, resumed)


def forgotten_state(case: Case) -> Run:
    """The schedule's state is not in the checkpoint; the optimizer's is loaded after the schedule was built."""
    resumed = []
    for k in SAVED_AT[1:]:
        states, optimizer = saved(case, k), adamw()
        driven = case.build(optimizer, total=N)
        optimizer.load_state_dict(states[0])
        resumed.append((k, drive(optimizer, driven, k)))
    return each(case, resumed)


def finished(case: Case) -> Run:
    """Continue a finished run with the schedule's state but a fresh optimizer."""
    states, optimizer = saved(case, N), adamw()
    driven = case.build(optimizer, total=N)
    driven.load(states[1])
    return Plain(case).beside(drive(optimizer, driven, N, 2 * N), N, 2 * N)


def loaded_first(case: Case) -> Run:
    """Load the optimizer, build, load the schedule."""
    resumed = []
    for k in SAVED_AT:
        states, optimizer = saved(case, k), adamw()
        optimizer.load_state_dict(states[0])
        driven = case.build(optimizer, total=N)
        driven.load(states[1])
        resumed.append((k, drive(optimizer, driven, k)))
    return each(case, resumed)


def longer(case: Case) -> Run | None:
    """Resume into a plan of twice the length."""
    if not case.sized:
        return None
    states, optimizer = saved(case, MIDDLE), adamw()
    driven = case.build(optimizer, total=2 * N)
    optimizer.load_state_dict(states[0])
    driven.load(states[1])
    return Plain(case, total=2 * N).beside(drive(optimizer, driven, MIDDLE, 2 * N), MIDDLE)


def new_peak(case: Case) -> Run | None:
    """Resume with twice the lr in the code."""
    peaks = [2 * peak for peak in PEAKS]
    if Plain(case, peaks).table == Plain(case).table:
        return None  # the lr is set, not scaled
    states, optimizer = saved(case, MIDDLE), adamw(peaks)
    driven = case.build(optimizer, total=N)
    optimizer.load_state_dict(states[0])
    driven.load(states[1])
    return Plain(case, peaks).beside(drive(optimizer, driven, MIDDLE), MIDDLE)


def fine_tuned(case: Case) -> Run | None:
    """Load an old optimizer, set half the lr, build a new schedule."""
    peaks = [peak / 2 for peak in PEAKS]
    if Plain(case, peaks).table == Plain(case).table:
        return None
    states, optimizer = saved(case, N), adamw()
    optimizer.load_state_dict(states[0])
    for group, peak in zip(optimizer.param_groups, peaks, strict=True):
        group["lr"] = peak
    optimizer.peaks = peaks
    return Plain(case, peaks).beside(drive(optimizer, case.build(optimizer, total=N)))


def in_tensors(case: Case) -> Run:
    """The lr of each group is a tensor."""
    optimizer = adamw(tensor=True)
    return Plain(case).beside(drive(optimizer, case.build(optimizer, total=N)))


def tensors_resumed(case: Case) -> Run:
    """The same, resumed as documented."""
    states, optimizer = saved(case, 15, tensor=True), adamw(tensor=True)
    driven = case.build(optimizer, total=N)
    optimizer.load_state_dict(states[0])
    driven.load(states[1])
    unbroken = adamw(tensor=True)
    return Run(drive(optimizer, driven, 15), drive(unbroken, case.build(unbroken, total=N))[15:], Plain(case).tops)


def micro_batches(case: Case) -> Run:
    """Step the schedule for each of four micro-batches; the plan is sized in updates."""
    optimizer = adamw()
    driven, recorder = case.build(optimizer, total=N), Recorder(optimizer)
    for batch in range(4 * N):
        driven.before(driven.parts, batch)
        if batch % 4 == 3:  # noqa: PLR2004  # the last of four
            optimizer.step()
        driven.after(driven.parts, batch)
    return Plain(case).beside(recorder.used)


def past_the_end(case: Case) -> Run | None:
    """Train three times as long."""
    if not case.ends:
        return None
    optimizer = adamw()
    return Plain(case).beside(drive(optimizer, case.build(optimizer, total=N), 0, 3 * N), 0, 3 * N)


def late_group(case: Case) -> Run:
    """Unfreeze: add a group of its own lr at update 5."""
    optimizer, lr = adamw(), 2e-4
    driven = case.build(optimizer, total=N)
    drive(optimizer, driven, 0, 5)
    late = torch.nn.Parameter(torch.ones(1))
    late.grad = torch.ones(1)
    optimizer.add_param_group({"params": [late], "lr": lr})
    plain = Plain(case)
    highest = plain.tops[0]
    rows = plain.table[5 : N + 5]
    from_base = [[*row, lr * row[0] / highest] for row in rows]  # its lr is what the schedule multiplies
    from_now = [[*row, lr * row[0] / rows[0][0]] for row in rows]  # its lr is that of the moment
    return Run(drive(optimizer, driven, 5, N + 5), from_base, (*plain.tops, lr), from_now)


def frozen(case: Case) -> Run:
    """Freeze the second group by lr = 0 at update 5."""
    optimizer = adamw()
    driven = case.build(optimizer, total=N)
    drive(optimizer, driven, 0, 5)
    optimizer.param_groups[1]["lr"] = 0.0
    plain = Plain(case)
    return Run(drive(optimizer, driven, 5), [[row[0], 0.0] for row in plain.table[5:N]], plain.tops)


def built_twice(case: Case) -> Run:
    """Run the notebook's cell again: build a second schedule on the same optimizer."""
    optimizer = adamw()
    case.build(optimizer, total=N)
    return Plain(case).beside(drive(optimizer, case.build(optimizer, total=N)))


def copied(case: Case) -> Run:
    """Deepcopy the schedule, and step the copy."""
    optimizer = adamw()
    driven = case.build(optimizer, total=N)
    drive(optimizer, driven, 0, 5)
    copy = replace(driven, parts=deepcopy(driven.parts))
    return Plain(case).beside(drive(optimizer, copy, 5), 5)


def rebuilt(case: Case) -> Run | None:
    """Load the optimizer and start at update k without the schedule's state: `last_epoch=k - 1`, ours: `seek(k)`."""
    if case.resumes is None:
        return None
    resumed = []
    for k in SAVED_AT[1:]:
        states, optimizer = saved(case, k), adamw()
        optimizer.load_state_dict(states[0])
        resumed.append((k, drive(optimizer, case.resumes(optimizer, k), k)))
    return each(case, resumed)


def skipped(case: Case) -> Run:
    """GradScaler skips 5 of 45 updates."""
    optimizer = adamw()
    driven, recorder = case.build(optimizer, total=N), Recorder(optimizer)
    scaler = torch.amp.GradScaler("cpu")
    weights = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for batch in range(N + 5):
        driven.before(driven.parts, batch)
        optimizer.zero_grad()
        loss = torch.stack([weight.sum() for weight in weights]).sum()
        scaler.scale(loss * (inf if batch in (0, 7, 8, 20, 43) else 1)).backward()
        scaler.step(optimizer)
        scaler.update()
        driven.after(driven.parts, batch)
    return Plain(case).beside(recorder.used)


def fast_forwarded(case: Case) -> Run:
    """Bring a fresh schedule to update 30 by stepping it 30 times, then train."""
    optimizer, ahead = adamw(), 30
    driven = case.build(optimizer, total=N)
    for i in range(ahead):
        driven.before(driven.parts, i)
        driven.after(driven.parts, i)
    return Plain(case).beside(drive(optimizer, driven, ahead), ahead)


def made_anew(case: Case) -> Run:
    """Make the optimizer anew, of the same parameters, after the schedule was built, and step the new one."""
    optimizer = adamw()
    driven = case.build(optimizer, total=N)
    fresh = adamw()
    for group, new in zip(optimizer.param_groups, fresh.param_groups, strict=True):
        new["params"] = group["params"]
    return Plain(case).beside(drive(fresh, driven))


class Container(torch.optim.Optimizer):
    """An optimizer that holds another, and has group dicts of its own."""

    def __init__(self, inner: AdamW) -> None:
        """Take groups of its own, with the values of those inside."""
        self.peaks = inner.peaks
        groups = [{"params": group["params"], "lr": group["lr"]} for group in inner.param_groups]
        super().__init__(groups, {})
        self.inner = inner

    def step(self, closure: object = None) -> None:  # type: ignore[override]  # it returns no loss
        """Step what it holds."""
        del closure
        self.inner.step()


def held_inside(case: Case) -> Run:
    """Build the schedule on a container whose groups are not those of the optimizer inside."""
    inner = adamw()
    container, recorder = Container(inner), Recorder(inner)
    driven = case.build(container, total=N)
    for i in range(N):
        driven.before(driven.parts, i)
        container.step()
        driven.after(driven.parts, i)
    return Plain(case).beside(recorder.used)

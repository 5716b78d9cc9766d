"""A function of the step, and a `LambdaLR` of it."""

from preheat._export.dialects import Scalars
from preheat._export.request import Request, code_for_numbers, imports_of
from preheat._export.targets.python import function, joined

__all__ = ["IMPORTS", "note_on_lr", "write"]

IMPORTS = ("from torch.optim import Optimizer", "from torch.optim.lr_scheduler import LambdaLR")


def note_on_lr(request: Request) -> str:
    """What the optimizer is to be built with."""
    if request.is_rate:
        return "Build the optimizer with lr=1.0: the schedule is the learning rate itself."
    return "The schedule multiplies the learning rate of each of the optimizer's groups."


def write(request: Request) -> str:
    """The module."""
    code = code_for_numbers(request, Scalars())
    make = [
        "def make_scheduler(optimizer: Optimizer) -> LambdaLR:",
        '    """Attach the schedule; call step() on it after each update.',
        "",
        f"    {note_on_lr(request)}",
        "    LambdaLR counts its own calls of step(), whatever the optimizer did.",
        '    """',
        f"    return LambdaLR(optimizer, {request.name})",
    ]
    return joined(request.header(), imports_of(code), code, function(request, code), make, further=IMPORTS)

"""A function of the step, and what the Trainer takes as `optimizers`."""

from preheat._export.dialects import Scalars
from preheat._export.request import Request, code_for_numbers, imports_of
from preheat._export.targets.python import function, joined
from preheat._export.targets.torch import IMPORTS, note_on_lr

__all__ = ["write"]


def write(request: Request) -> str:
    """The module."""
    code = code_for_numbers(request, Scalars())
    make = [
        "def make_optimizers(optimizer: Optimizer) -> tuple[Optimizer, LambdaLR]:",
        '    """Build what the Trainer takes: Trainer(..., optimizers=make_optimizers(...)).',
        "",
        f"    {note_on_lr(request)}",
        "    The Trainer calls step() once for each update; LambdaLR counts these calls.",
        '    """',
        f"    return optimizer, LambdaLR(optimizer, {request.name})",
    ]
    return joined(request.header(), imports_of(code), code, function(request, code), make, further=IMPORTS)

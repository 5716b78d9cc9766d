"""A function of the step, and what `configure_optimizers` returns."""

from preheat._export.dialects import Scalars
from preheat._export.request import Request, code_for_numbers, imports_of
from preheat._export.targets.python import function, joined
from preheat._export.targets.torch import IMPORTS, note_on_lr

__all__ = ["write"]


def write(request: Request) -> str:
    """The module."""
    code = code_for_numbers(request, Scalars())
    make = [
        "def with_schedule(optimizer: Optimizer) -> dict[str, object]:",
        '    """Build what `configure_optimizers` returns: the scheduler runs at each update.',
        "",
        f"    {note_on_lr(request)}",
        "    LambdaLR counts the calls of step() that Lightning makes.",
        '    """',
        f"    scheduler = LambdaLR(optimizer, {request.name})",
        '    config = {"scheduler": scheduler, "interval": "step", "frequency": 1}',
        '    return {"optimizer": optimizer, "lr_scheduler": config}',
    ]
    return joined(request.header(), imports_of(code), code, function(request, code), make, further=IMPORTS)

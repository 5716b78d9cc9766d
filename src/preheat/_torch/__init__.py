"""The adapter: plans bound to the knobs of torch optimizers. Its public names are in `preheat.torch`.

Raises:
    ModuleNotFoundError: torch is not installed.
"""

from importlib.util import find_spec

if find_spec("torch") is None:
    raise ModuleNotFoundError('preheat.torch needs torch: pip install "preheat[torch]"', name="torch")

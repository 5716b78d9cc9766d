"""The adapter: plans bound to the knobs of torch optimizers. `preheat.torch` shows what is public of it.

Raises:
    ModuleNotFoundError: torch is not installed.
"""

from importlib.util import find_spec

if find_spec("torch") is None:
    raise ModuleNotFoundError('preheat.torch needs torch: pip install "preheat[torch]"', name="torch")

"""Writes docs/without-preheat.md: plans as the source code that `preheat.export` makes of them."""

from pathlib import Path

from preheat import export, parse

__all__ = ["PAGE", "PLANS", "page"]

PAGE = Path(__file__).parent / "without-preheat.md"
PLANS = {  # each with what it is, and the `lr` of the export
    "noam(512, 4000)": ("The paper's schedule", True),
    "warmup(2_000) >> cosine(1, 0.1, steps=98_000)": ("Warm-up, then a cosine", None),
    "wsd(1_000, total_steps=20_000, decay_steps=4_000)": ("Warm-up, stable, decay", 3e-4),
    "repeat(linear(0, 1, steps=500) >> linear(1, 0, steps=500), decay=0.5)": ("Cycles without an end", None),
    "zero_based(linear(0, 1, steps=500) >> linear(1, 0, steps=9_500))": ("The values of transformers", None),
    "table((1, 0.5, 0.25, 0.1))": ("A value for each update", None),
}
TARGETS = {"torch": "python", "numpy": "python", "javascript": "javascript"}  # and the language of their blocks
HEAD = """# Without preheat

You can take a schedule and leave the library: `preheat.export` writes a plan as source code that imports nothing of
preheat. Paste it into your project and own it from there.

```pycon
>>> from preheat import cosine, export, warmup
>>> code = export(warmup(2_000) >> cosine(1, 0.1, steps=98_000), to="torch")
>>> "preheat" in code.split('\"\"\"', 2)[2]
False

```

Or from the shell: `preheat export "0.5 * noam(512, 4000)" --lr plan -o schedule.py`.

The targets are `python`, `numpy`, `torch` (the function and a `LambdaLR`), `transformers` (what the `Trainer` takes),
`lightning` (what `configure_optimizers` returns), `optax`, `keras` and `javascript`.

- `lr=None`, the default, writes a multiplier of the optimizer's own learning rate. `lr=3e-4` writes the learning rate,
  with its peak in a constant. `lr=True` is for a plan that is the learning rate already, as `noam` is. optax and Keras
  take learning rates only, so they need one of the last two.
- The values are those of the plan at every update and past its end: the same bits in Python and torch, within 8 units
  in the last place in NumPy and 16 in JavaScript.
- The code is generated from preheat's own formulas, so it keeps their accuracy.
- A shape of your own is exported from its source; a `function(...)` is not, and the error names it.

What you leave behind: a checkpoint that loads in any order, a count of the updates that were really applied, edits of a
running plan, the warnings, and [lint](see.md). To come back, give the `LambdaLR` to
[`from_scheduler`](migrating.md): it reads the plan from the docstring, if the function still has its values.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(section(text, *about) for text, about in PLANS.items())])


def section(text: str, title: str, lr: float | bool | None) -> str:  # noqa: FBT001  # as export takes it
    """One plan in every target."""
    given = "" if lr is None else f", with `lr={lr}`"
    parts = [f"## {title}", f"`{text}`{given}"]
    for target, language in TARGETS.items():
        parts.append(f"### {title}: {target}\n\n```{language}\n{export(parse(text), to=target, lr=lr).rstrip()}\n```")
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")

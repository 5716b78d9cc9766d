"""Write lengths in epochs, tokens and shares of the run, and see what they come to."""

from preheat import cosine, resolve, steps_for, warmup, wsd

# One image model: epochs, and whatever is left of the run.
steps_per_epoch = steps_for(n_samples=50_000, batch_size=64, processes=8, accumulation=2)
plan = warmup("5ep") >> cosine(1, 0.01, steps="rest")
run = resolve(plan, steps_per_epoch=steps_per_epoch, total_steps=90 * steps_per_epoch)
print(f"{plan}\n  one epoch: {steps_per_epoch!r}\n  {run}\n")

# One language model: tokens for the warm-up, shares for the decay.
plan = wsd("2e9tok", total_steps="100%", decay_steps="10%")
run = resolve(plan, total_steps=100_000, tokens_per_step=1_048_576)
print(f"{plan}\n  {run}\n")

# Without what a unit needs, a plan has a text and no values, and says what is missing.
try:
    plan(0)
except ValueError as error:
    print(error)

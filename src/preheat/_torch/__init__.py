"""The adapter: plans bound to the knobs of torch optimizers. `preheat.torch` shows what is public of it."""

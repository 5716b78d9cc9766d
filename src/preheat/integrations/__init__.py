"""At home in frameworks: a module for each that needs more than `preheat.torch.Scheduler`, and imports it."""

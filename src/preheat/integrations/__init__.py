"""Frameworks that need more than `preheat.torch.Scheduler`: one module for each.

A module imports its framework, so import the one you need. To add a framework, add a module; `_entries` reads the
scheduler for it.
"""

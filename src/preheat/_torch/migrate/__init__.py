"""Schedulers of other libraries, read as plans."""

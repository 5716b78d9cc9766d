"""The commands of `preheat`: the file NAME.py defines the click command NAME."""

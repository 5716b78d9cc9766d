"""The table of the README, from what is kept."""


def write() -> None:
    """Later."""

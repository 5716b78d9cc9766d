"""Short trials that answer how long to warm up and how high to go, and leave the run as they found it."""

"""What happens at every update: the knobs written, the updates counted, misuse noticed."""

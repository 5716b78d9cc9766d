"""`preheat demo`: the same Transformer trained without warm-up, with the paper's schedule, and with a cosine."""

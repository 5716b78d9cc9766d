"""The main job of `preheat demo`: the same Transformer trained without warm-up, with the paper's, and with a cosine."""

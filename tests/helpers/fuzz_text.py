"""Throw random text and JSON at the parsers: nothing but a ValueError may come out, or a plan that is its own text.

Run `python tests/helpers/fuzz_text.py --inputs 200000 --seed 0`; the same seed throws the same.
"""

import argparse
import json
import random
import sys
import time
from itertools import count, islice
from pathlib import Path

from preheat import from_json, parse, to_json
from preheat._plan import VOCABULARY

FORMS = sorted((Path(__file__).parents[1] / "forms").glob("*.json"))
PLANS = [
    *(plan["text"] for file in FORMS for plan in json.loads(file.read_text("utf-8"))["plans"]),  # every word there is
    "linear(0, 1, steps=2_000) >> cosine(1, 0.1, steps=98000)",
    "zero_based(2 * linear(0, 1, steps=3) + -1 * constant(1e-3, steps=4)) >> noam(512, 4000)",
    'warmup(4) >> function("math:sqrt", steps=3) * (inverse_sqrt(4.5) / 3 - .5)',
    "warmup_cosine(2, total_steps=10, end=(1)) + exponential(start=1, end=1e-6, steps=8)",
]
MARKS = [">>", *"*+-/()[],=._\"'#\\\n\t\0\ud800\u00b2\u0663\ufeffe ", "", "1e400", "9" * 400]
WORDS = ["steps", "start", "end", "power", "True", "None", "False", "nan", "inf", "lambda", "__import__", "0x1", "1e-9",
         "'3ep'", "'5%'", "'1e6sa'", "'2e9tok'", "'rest'"]  # fmt: skip
ALPHABET = [*MARKS, *WORDS, *VOCABULARY, *map(str, range(12))]


def of_words(chance):
    """Words and marks of the language, and some of no language."""
    return " ".join(chance.choices(ALPHABET, k=chance.randrange(30)))


def of_bytes(chance):
    """Bytes as text."""
    return chance.randbytes(chance.randrange(60)).decode(chance.choice(["latin-1", "utf-16-le", "utf-8"]), "replace")


def mutated(chance, text=None):
    """An expression with pieces cut out, doubled, moved or replaced."""
    text = text or chance.choice(PLANS)
    for _ in range(chance.randrange(6)):
        a, b = sorted(chance.choices(range(len(text) + 1), k=2))
        piece = chance.choice(["", text[a:b], text[a:b] * 2, chance.choice(ALPHABET), text[a:b][::-1]])
        text = text[:a] + piece + text[b:]
    return text


def tree(chance, depth=5):
    """Random JSON, with the names of the language more often than others."""
    leaves = [None, True, 0, -1, 8, 0.5, 1e308, 10**30, "x", "math:sqrt", float("nan")]
    kind = chance.randrange(4 if depth else 1)
    if kind == 0:
        return chance.choice(leaves)
    if kind == 1:
        return [tree(chance, depth - 1) for _ in range(chance.randrange(4))]
    name = chance.choice([*VOCABULARY, ">>", "*", "+", "x"])
    if kind == 2:
        return {name: {chance.choice(WORDS): tree(chance, depth - 1) for _ in range(chance.randrange(4))}}
    return {name: [tree(chance, depth - 1) for _ in range(chance.randrange(4))]}


def of_json(chance):
    """Random JSON, or the JSON of a plan, mutated or not."""
    text = json.dumps(tree(chance)) if chance.random() < 0.5 else to_json(parse(chance.choice(PLANS)))
    return mutated(chance, text) if chance.random() < 0.7 else text


def inputs(seed):
    """Which parser, and an endless run of texts for it."""
    chance = random.Random(seed)
    for k in count():
        if k % 4 == 3:
            yield from_json, of_json(chance)
        else:
            yield parse, (of_words, of_bytes, mutated)[k % 4](chance)


def survives(read, text):
    """Whether a text makes a plan; a plan must be its own text, and a refusal a ValueError.

    Raises:
        AssertionError: neither is so; the message has the text.
    """
    try:
        plan = read(text)
    except ValueError:
        return False
    except BaseException as error:
        raise AssertionError(f"{read.__name__}({text!r}): must be a plan or a ValueError, got {error!r}") from error
    twins = parse(repr(plan)), from_json(to_json(plan))
    assert twins == (plan, plan), f"{read.__name__}({text!r}): {plan!r} must be its own text"
    return True


def fuzz(number, seed, *, show=None):
    """Try so many inputs; how many made a plan."""
    plans = 0
    for done, (read, text) in enumerate(islice(inputs(seed), number), start=1):
        plans += survives(read, text)
        if show and (done % 1000 == 0 or done == number):
            show(done, plans)
    return plans


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=200_000, help="how many texts to try")
    parser.add_argument("--seed", type=int, default=0, help="the same seed tries the same texts")
    given = parser.parse_args()
    start = time.perf_counter()

    def show(done, plans):
        rate = done / (time.perf_counter() - start)
        sys.stdout.write(f"\r{done} of {given.inputs} inputs, {plans} were plans, {rate:.0f} a second ")
        sys.stdout.flush()

    fuzz(given.inputs, given.seed, show=show)
    sys.stdout.write("\nonly plans and ValueErrors came out\n")


if __name__ == "__main__":
    main()

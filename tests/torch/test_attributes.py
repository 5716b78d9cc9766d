"""How much state a reader of the adapter has to keep in mind."""

from benchmarks.attributes import changing, scheduler


def test_one_optimizer_with_one_knob_has_at_most_55_attributes_that_change():
    counts = changing(scheduler())
    assert sum(counts.values()) <= 55, counts


def test_the_counter_sees_an_attribute_that_is_added():
    one = scheduler()
    before = sum(changing(one).values())
    vars(one._bindings[0])["another"] = 0
    assert sum(changing(one).values()) == before + 1

"""The table of bad input: every public callable that has no annotated fields, and what it must be given."""

# mypy: disable-error-code="arg-type, call-overload, list-item, operator"
# What the annotations forbid is what is passed here.

from math import inf, isnan, nan
from numbers import Integral, Real

import torch

import preheat
import preheat.torch
from preheat import (
    after,
    constant,
    describe,
    diff,
    export,
    from_json,
    function,
    linear,
    lint,
    parse,
    plot,
    resolve,
    steps_for,
    to_json,
    until,
    warmup,
    zero_based,
)
from preheat.torch import NoamOpt, Plateau, Scheduler, find_lr, find_warmup, from_scheduler, layerwise

PLAN = warmup(4) >> constant(1, steps=4)
LINEAR, EMPTY = torch.nn.Linear(2, 2), torch.nn.Sequential()


class Rule:
    """What a number must be, restated: kind, range, and the words of a refusal where they are fixed."""

    def __init__(self, allows, words, *, whole=False, none=False, units=False):
        self.allows, self.words, self.whole, self.none, self.units = allows, words, whole, none, units

    def error(self, value):
        """The kind of error that a value is due, or None."""
        if value is None and self.none:
            return None
        if self.units and isinstance(value, str):  # none that is tried means a length
            return ValueError
        if isinstance(value, bool) or not isinstance(value, Integral if self.whole else Real):
            return TypeError
        try:
            number = int(value) if self.whole else float(value)
        except OverflowError:
            number = inf
        return None if self.allows(number) else ValueError


def adam(lr=0.5, groups=1):
    made = [{"params": [torch.nn.Parameter(torch.ones(2))]} for _ in range(groups)]
    return torch.optim.Adam(made, lr=lr)


def scheduler(plan=PLAN, **rest):
    return Scheduler(adam(), plan, **rest)


def after_it(method, rest=dict):
    """The lr and the state after a method of a Scheduler was called with a value; `rest` makes its options."""

    def call(value):
        one = scheduler(**rest())
        method(one, value)
        return one.get_last_lr(), one.next(), one.state_dict()

    return call


def manual():
    return {"clock": "manual"}


def with_feedback():
    return {"feedback": Plateau()}


def noam_rate(name):
    return lambda value: NoamOpt(**{"model_size": 4, "warmup": 4, "optimizer": adam(), name: value}).rate(9)


def plateau(name):
    return lambda value: repr(Plateau(**{name: value}))


def layers(name):
    def call(value):
        groups = layerwise(torch.nn.Linear(2, 2), lambda _: 0, **{"lr": 0.1, "decay": 0.5, "floor": 0.5, name: value})
        return [group["lr"] for group in groups]

    return call


STEPS = "a whole number of updates, from 0 up to 2**53"
COUNT = "a whole number, from 1 up to 2**53"
LENGTH = f'{STEPS}, or a text such as "3ep" or "5%"'
updates = Rule(lambda x: 0 <= x < 2**53, STEPS, whole=True)
length = Rule(updates.allows, LENGTH, whole=True, units=True)
of_the_shape = Rule(updates.allows, None, whole=True, units=True)  # which says it in its own words
count = Rule(lambda x: 1 <= x < 2**53, COUNT, whole=True)
any_whole = Rule(lambda x: 0 <= x < inf, "a whole number, 0 or more", whole=True)
index = Rule(lambda x: 0 <= x < 2**53, "a number from 0 up to 2**53", none=True)
some = Rule(lambda x: 0 <= x < inf, "a finite number, 0 or more")
share = Rule(lambda x: 0 < x < 1, "a number above 0 and below 1")

_count_or_none = Rule(count.allows, COUNT, whole=True, none=True)
_positive_or_none = Rule(lambda x: 0 < x < inf, "a number above 0", none=True)
_up_from_1 = Rule(lambda x: 0 < x < 2**53, None, whole=True, none=True, units=True)

# Who, which parameter, a call that makes something comparable of a value, and the rule.
NUMBERS_BY_HAND = [
    ("function", "steps", lambda n: function(abs, steps=n), _up_from_1),
    ("until", "n", lambda n: until(PLAN, n), length),
    ("after", "n", lambda n: after(PLAN, n), length),
    ("values", "n", PLAN.values, Rule(lambda x: 0 <= x < 10**9, None, whole=True, none=True)),
    ("resolve", "total_steps", lambda n: resolve(PLAN, total_steps=n), _count_or_none),
    ("resolve", "steps_per_epoch", lambda x: resolve(PLAN, steps_per_epoch=x), _positive_or_none),
    ("resolve", "samples_per_step", lambda x: resolve(PLAN, samples_per_step=x), _positive_or_none),
    ("resolve", "tokens_per_step", lambda x: resolve(PLAN, tokens_per_step=x), _positive_or_none),
    ("steps_for", "epochs", lambda n: steps_for(loader=[1], epochs=n), count),
    ("steps_for", "accumulation", lambda n: steps_for(loader=[1], accumulation=n), count),
    ("steps_for", "processes", lambda n: steps_for(n_samples=8, batch_size=1, processes=n), count),
    ("lint", "total_steps", lambda n: lint(PLAN, n), _count_or_none),
    ("diff", "n", lambda n: diff(PLAN, PLAN, n), _count_or_none),
    ("NoamOpt", "model_size", noam_rate("model_size"), count),
    ("NoamOpt", "warmup", noam_rate("warmup"), count),
    ("NoamOpt", "factor", noam_rate("factor"), Rule(lambda x: 0 < x < inf, "a number above 0")),
    ("NoamOpt.rate", "step", lambda i: NoamOpt(4, 4, adam()).rate(i), index),
    ("Plateau", "factor", plateau("factor"), share),
    ("Plateau", "patience", plateau("patience"), any_whole),
    ("Plateau", "threshold", plateau("threshold"), some),
    ("Plateau", "cooldown", plateau("cooldown"), any_whole),
    ("Plateau", "eps", plateau("eps"), some),
    ("layerwise", "lr", layers("lr"), Rule(lambda x: 0 < x < inf, "a number above 0")),
    ("layerwise", "decay", layers("decay"), Rule(lambda x: 0 < x <= 1, "a number above 0, at most 1")),
    ("layerwise", "floor", layers("floor"), Rule(lambda x: 0 <= x <= 1, "a number from 0 to 1")),
    ("seek", "i", after_it(Scheduler.seek), updates),
    ("advance", "n", after_it(Scheduler.advance, manual), Rule(lambda x: 0 <= x < 2**53, None)),
    ("cooldown", "n", after_it(Scheduler.cooldown), of_the_shape),
    ("cooldown", "end", after_it(lambda one, end: one.cooldown(4, end)), Rule(lambda x: 0 <= x < inf, None)),
    ("observe", "metric", after_it(Scheduler.observe, with_feedback), Rule(lambda x: not isnan(x), None)),
]  # fmt: skip


THREE = Scheduler(adam(groups=3), PLAN).state_dict()


def bound(*given, **named):
    return lambda: scheduler(*given, **named)


def done(method, *given, **named):
    return lambda: method(scheduler(), *given, **named)


def joined(how):
    def call():
        one = scheduler()
        one.optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))], "join": how})
        one.step()

    return call


A_PLAN = "must be a plan, its text, or a function of the update's index"
NO_PLAN = "plan must be a plan"
STEPPED = torch.optim.lr_scheduler.StepLR(adam(), step_size=4)
ENDS = linear(0, 1, steps=8)
FALLS = linear(1, -1, steps=8)


# What is called and with what; the call; a part of the words. All of a wrong kind, then all of a wrong value.
def found(finder, **wrong):
    """A call of a finder with something in it that is not what it must be."""
    given = {"train_step": abs, "batches": [1], "model": LINEAR, "optimizer": adam(), "progress": False} | wrong
    return lambda: finder(given.pop("train_step"), given.pop("batches"), **given)


WRONG_KIND = [
    ("find_lr train_step=None", found(find_lr, train_step=None), "find_lr(train_step=NoneType): train_step must be"),
    ("find_lr model=list", found(find_lr, model=[]), "find_lr(model=list): model must be a torch Module"),
    ("find_lr optimizer=text", found(find_lr, optimizer="adam"), "find_lr(optimizer=str): optimizer must be a torch O"),
    ("find_warmup train_step=text", found(find_warmup, train_step="x"), "find_warmup(train_step=str): train_step must"),
    ("find_warmup model=None", found(find_warmup, model=None), "find_warmup(model=NoneType): model must be a torch Mo"),
    ("find_warmup optimizer=None", found(find_warmup, optimizer=None), "find_warmup(optimizer=NoneType): optimizer mu"),
    ("from_scheduler None", lambda: from_scheduler(None), "from_scheduler(scheduler=None): scheduler must be one of"),
    ("from_scheduler ours", lambda: from_scheduler(scheduler()), "it must be another library's; the state_dict of"),
    ("Scheduler optimizer=None", lambda: Scheduler(None, PLAN), "Scheduler(optimizer=NoneType): optimizer must be a t"),
    ("Scheduler optimizer=text", lambda: Scheduler("adam", PLAN), "Scheduler(optimizer=str): optimizer must be a torc"),
    ("Scheduler optimizer=[None]", lambda: Scheduler([adam(), None], PLAN), "(optimizer=NoneType): optimizer must be"),
    ("Scheduler plan=number", bound(0.5), f"Scheduler(plan=0.5): plan {A_PLAN}"),
    ("Scheduler plan=NaN", bound(nan), f"Scheduler(plan=nan): plan {A_PLAN}"),
    ("Scheduler plan=list", bound([0.5]), f"Scheduler(plan=[0.5]): plan {A_PLAN}"),
    ("Scheduler plan=mapping of a number", bound({0: 0.5}), f"Scheduler(plan[0]=0.5): plan[0] {A_PLAN}"),
    ("Scheduler lr=number", bound(None, lr=0.5), f"Scheduler(lr=0.5): lr {A_PLAN}"),
    ("Scheduler lr=NaN", bound(None, lr=nan), f"Scheduler(lr=nan): lr {A_PLAN}"),
    ("Scheduler scale=plan", bound(None, scale=PLAN), "): scale must be a dict from knob to plan"),
    ("Scheduler values=list", bound(None, values=["lr"]), "): values must be a dict from knob to plan"),
    ("Scheduler auto=number", bound(auto=1), "Scheduler(auto=1): auto must be True or False"),
    ("Scheduler feedback=number", bound(feedback=0.1), "Scheduler(feedback=0.1): feedback must be a Plateau"),
    ("Scheduler feedback=beside no lr", bound(None, scale={"eps": PLAN}, feedback=Plateau()), "beside a plan of the l"),
    ("step argument", done(Scheduler.step, 3), "3): it takes no argument; seek(i) moves the schedule"),
    ("step two arguments", lambda: scheduler(feedback=Plateau()).step(1.0, 2), "step(1.0, 2): it takes no argument"),
    ("load_state_dict None", done(Scheduler.load_state_dict, None), "state_dict must be a dict, the state of a S"),
    ("replan number", done(Scheduler.replan, 0.5), A_PLAN),
    ("replan None", done(Scheduler.replan, None), A_PLAN),
    ("Plateau mode=None", lambda: Plateau(None), "Plateau(mode=None): mode must be 'min' or 'max'"),
    ("Plateau min_lr=text", lambda: Plateau(min_lr="0"), "Plateau(min_lr='0'): min_lr must be a finite number, 0 or m"),
    ("NoamOpt optimizer=None", lambda: NoamOpt(4, 4, None), "NoamOpt(optimizer=None): optimizer must be a torch Optim"),
    ("NoamOpt state=3", lambda: NoamOpt(4, 4, adam()).load_state_dict(3), "(state_dict=3): state_dict must be a dict"),
    ("layerwise model=None", lambda: layerwise(None, len, lr=0.1, decay=0.5), "layerwise(model=None): model must be a"),
    ("layerwise depth_of=3", lambda: layerwise(LINEAR, 3, lr=0.1, decay=0.5), "layerwise(depth_of=3): depth_of must b"),
    ("parse number", lambda: parse(1), "parse(text=1): text must be a string"),
    ("parse None", lambda: parse(None), "parse(text=None): text must be a string"),
    ("from_json number", lambda: from_json(1), "from_json(text=1): text must be a string"),
    ("to_json number", lambda: to_json(1), f"to_json(plan=1): {NO_PLAN}"),
    ("lint text", lambda: lint("warmup(4)"), f"lint(plan='warmup(4)'): {NO_PLAN}"),
    ("diff number", lambda: diff(PLAN, 1), f"diff(plan=1): {NO_PLAN}"),
    ("describe text", lambda: describe("warmup(4)"), f"describe(plan='warmup(4)'): {NO_PLAN}"),
    ("plot number", lambda: plot(1), f"plot(plan=1): {NO_PLAN}"),
    ("zero_based number", lambda: zero_based(1), f"zero_based(plan=1): {NO_PLAN}"),
    ("zero_based text", lambda: zero_based("warmup(4)"), f"zero_based(plan='warmup(4)'): {NO_PLAN}"),
    ("until number", lambda: until(1, 1), f"until(plan=1): {NO_PLAN}"),
    ("after text", lambda: after("warmup(4)", 1), f"after(plan='warmup(4)'): {NO_PLAN}"),
    ("function number", lambda: function(1), "function(fn=1): fn must be a function of your own"),
    ("function plan", lambda: function(PLAN), "): fn must be a function of your own"),
    ("function of texts", lambda: function(str, steps=3)(0), "the value at 0 must be a finite number, got '0'"),
    ("plan(text)", lambda: PLAN("1"), "plan(i='1'): i must be a number from 0"),
    ("plan(None)", lambda: PLAN(None), "plan(i=None): i must be a number from 0"),
    ("plan(truths)", lambda: PLAN(torch.tensor([True])), "plan(i=an array of bool): i must hold whole or real numbers"),
    ("plan + text", lambda: PLAN + "1", "the other side must be a plan or a finite number"),
    ("plan - bool", lambda: PLAN - True, "the other side must be a plan or a finite number"),
    ("number / plan", lambda: 1 / PLAN, "the divisor must be a number"),
    ("plan >> number", lambda: PLAN >> 1, "both sides must be plans; constant(value) holds a number"),
]  # fmt: skip
WRONG_VALUE = [
    ("find_lr batches=[]", found(find_lr, batches=[]), "find_lr(batches=list): batches must hold at least one"),
    ("find_warmup batches=[]", found(find_warmup, batches=[]), "find_warmup(batches=list): batches must hold at least"),
    ("from_scheduler sample=0", lambda: from_scheduler(STEPPED, sample=0), "sample must be above 0, where the schedul"),
    ("from_scheduler at=1", lambda: from_scheduler(STEPPED, at=1), "(at=1): at must be left out; from_scheduler("),
    ("Scheduler optimizer=[]", lambda: Scheduler([], PLAN), "Scheduler(optimizer=["),
    ("Scheduler plan=None", bound(None), "Scheduler(plan=None): a plan must be given"),
    ("Scheduler plan=bad text", bound("cosine(1"), "parse: line 1, column 9: "),
    ("Scheduler plan=text of a number", bound("1"), "parse: line 1, column 1: it must be a plan"),
    ("Scheduler plan=negative", bound(FALLS), "lr must be 0 or more, got -0.125 at update 4"),
    ("Scheduler plan={}", bound({}), " must "),
    ("Scheduler plan=mapping to no group", bound({"head": PLAN, "*": PLAN}), "'head' must match a group; there are 0"),
    ("Scheduler plan=mapping too short", lambda: Scheduler(adam(groups=2), {0: PLAN}), "group 1 must match a key, one"),
    ("Scheduler plan=twice", bound(PLAN, lr=PLAN), "lr must be given once"),
    ("Scheduler plan=on a base of 0", lambda: Scheduler(adam(0.0), PLAN), "lr=0 in every group; lr= sets the lr itsel"),
    ("Scheduler scale=unknown knob", bound(None, scale={"rate": PLAN}), "'rate'): knob must be a number of group 0"),
    ("Scheduler scale=near knob", bound(None, scale={"weight_dcay": PLAN}), "did you mean 'weight_decay'?"),
    ("Scheduler scale=beyond a tuple", bound(None, scale={"betas[2]": PLAN}), "betas[2]"),
    ("Scheduler scale=a tuple", bound(None, scale={"betas": PLAN}), "did you mean 'betas["),
    ("Scheduler scale=a bool", bound(None, scale={"amsgrad": PLAN}), "'amsgrad'): knob must be a number of group"),
    ("Scheduler values=beta of 1", bound(None, values={"betas[0]": ENDS}), "at least 0 and below 1, got 1 at update 7"),
    ("Scheduler values=below 0", bound(None, values={"eps": FALLS}), "eps must be 0 or more, got -0.25 at update 4"),
    ("Scheduler clock=unknown", bound(clock="epochs"), "(clock='epochs'): clock must be one of 'updates', 'calls', 'm"),
    ("Scheduler auto=under calls", bound(auto=True, clock="calls"), 'clock must be "updates"'),
    ("Scheduler on_change=unknown", bound(on_change="codes"), "(on_change='codes'): on_change must be one of 'code', "),
    ("load_state_dict empty", done(Scheduler.load_state_dict, {}), "state_dict must be the state of a Scheduler"),
    ("load_state_dict of an optimizer", done(Scheduler.load_state_dict, adam().state_dict()), "the state of a Schedul"),
    ("load_state_dict of a later format", done(Scheduler.load_state_dict, {"preheat": 99}), "load_state_dict(preheat="),
    ("load_state_dict cut short", done(Scheduler.load_state_dict, {"preheat": 1}), "load_state_dict("),
    ("load_state_dict of three groups", done(Scheduler.load_state_dict, THREE), "load_state_dict(groups=[3]): "),
    ("observe without feedback", done(Scheduler.observe, 1.0), "a Plateau must be given at bind"),
    ("observe reduce=sum", lambda: scheduler(feedback=Plateau()).observe(1.0, reduce="sum"), "reduce must be 'mean' o"),
    ("advance under updates", done(Scheduler.advance, 1), '1): clock must be "manual"'),
    ("replan bad text", done(Scheduler.replan, "cosin(1, 0, steps=3)"), "parse: line 1, column 1: "),
    ("replan below 0", done(Scheduler.replan, FALLS), "lr must be 0 or more, got -0.125 at update 4"),
    ("replan lambda", done(Scheduler.replan, lambda _: 1.0), "must have a text"),
    ("replan knob", done(Scheduler.replan, PLAN, knob="betas[0]"), "knob must be one that is driven: lr"),
    ("cooldown end=below 0 at last", done(Scheduler.cooldown, 1000, -0.001), "lr must be 0 or more, got -"),
    ("cooldown shape=noam", done(Scheduler.cooldown, 4, 0.0, "noam"), "(shape='noam'): shape must be the name of one"),
    ("cooldown knob", done(Scheduler.cooldown, 4, knob="eps"), "knob must be one that is driven: lr"),
    ("add_param_group join", joined("now"), "add_param_group(join='now'): join must be"),
    ("Plateau mode=best", lambda: Plateau("best"), "Plateau(mode='best'): mode must be 'min' or 'max'"),
    ("Plateau threshold_mode", lambda: Plateau(threshold_mode="r"), "Plateau(threshold_mode='r'): threshold_mode must"),
    ("Plateau min_lr=NaN", lambda: Plateau(min_lr=nan), "Plateau(min_lr=nan): min_lr must be a finite number, 0 or mo"),
    ("Plateau min_lr=negative", lambda: Plateau(min_lr=[0.1, -1]), "Plateau(min_lr[1]=-1): min_lr[1] must be a finite"),
    ("NoamOpt state={}", lambda: NoamOpt(4, 4, adam()).load_state_dict({}), "(state_dict={}): state_dict must hold _s"),
    ("layerwise model=empty", lambda: layerwise(EMPTY, len, lr=0.1, decay=0.5), "(model=Sequential): model must have"),
    ("export to=", lambda: export(PLAN, to="tensorflow"), "export(to='tensorflow'): to must be one of python, numpy, "),
    ("lint code", lambda: lint(PLAN, ignore=["peak"]), "lint(ignore=['peak']): 'peak' must be a code, one of not"),
    ("plot nothing", plot, "plot(): there must be a plan to draw"),
    ("plot log=10", lambda: plot(PLAN, log=10), "plot(log=10): log must be one of '', 'x', 'y', 'xy'"),
    ("parse empty", lambda: parse(""), "parse: line 1, column 1: "),
    ("parse NaN", lambda: parse("constant(nan)"), "parse: line 1, column 10: "),
    ("parse warmup(-5)", lambda: parse("warmup(-5)"), "warmup(steps=-5): steps must be a whole number"),
    ("parse code", lambda: parse("__import__('os').getcwd()"), "parse: line 1, column "),
    ("parse too deep", lambda: parse("(" * 200 + "warmup(4)" + ")" * 200), "parse: line 1, column "),
    ("from_json empty", lambda: from_json(""), "from_json(text"),
    ("from_json list", lambda: from_json("[1]"), "must be a plan"),
    ("from_json NaN", lambda: from_json('{"constant": {"value": NaN}}'), "a number must be finite, got NaN"),
    ("from_json unknown", lambda: from_json('{"cosin": {}}'), "'cosin' must be the name of a shape"),
    ("to_json lambda", lambda: to_json(function(lambda _: 1.0)), "must be importable by name"),
    ("function text", lambda: function("abs"), "function(fn='abs'): fn must be a function of your own"),
    ("function of NaN", lambda: function(lambda _: nan, steps=3)(0), "the value at 0 must be a finite number, got nan"),
    ("plan(-1)", lambda: PLAN(-1), "plan(i=-1): i must be a number from 0"),
    ("plan(NaN)", lambda: PLAN(nan), "plan(i=nan): i must be a number from 0"),
    ("plan * NaN", lambda: PLAN * nan, "the other side must be a plan or a finite number"),
    ("plan / 0", lambda: PLAN / 0, "the divisor must be a finite number other than 0"),
    ("endless >> plan", lambda: constant(1) >> PLAN, "must end before another plan can follow; give it steps"),
]  # fmt: skip


def public():
    """The public callables but the shapes and recipes, and the methods of ours that take an argument."""
    names = {*preheat.__all__, *preheat.torch.__all__} - {"Plan", "PreheatWarning"}
    return names | {"seek", "advance", "replan", "cooldown", "observe", "load_state_dict", "step", "values"}

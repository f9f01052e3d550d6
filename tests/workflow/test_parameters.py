"""For every parameter: exactly which rules a change of it would run again.

The golden table `reruns.yaml` is documentation too. After a change that is meant, write it anew with
`UPDATE_GOLDEN=1 pytest tests/workflow/test_parameters.py` and read the difference.

Planning takes a second for each change. So when the table is checked, not written, one change sets one
parameter of every paper, which share no rules but those of pages about all of them, and Snakemake plans
anew only where inputs change (`plan.py`).
"""

import contextlib
import json
import operator
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from itertools import zip_longest
from pathlib import Path
from typing import get_args

import pytest

from crosstalk.errors import ParameterError
from crosstalk.params.loader import leaves, load_params, resolve
from crosstalk.params.models import Params
from crosstalk.yamlfile import read_yaml

pytestmark = pytest.mark.pipeline
GOLDEN = Path(__file__).with_name("reruns.yaml")
PAPERS = ("chung2018", "conneau2020", "cao2020", "cruzblandon2025")

# Leaves whose neighbouring values are not free: what to set instead.
TOGETHER = {
    "chung2018.speech2vec.network.dimension": {"chung2018.word2vec.dimension": 48, "chung2018.speech2vec.network.dimension": 48},
    "chung2018.word2vec.dimension": {"chung2018.word2vec.dimension": 48, "chung2018.speech2vec.network.dimension": 48},
}  # fmt: skip
CHOSEN = {
    "seeds": [0, 7],
    "corpora.bible.books": ["Mk"],
    "chung2018.pairs": ["en-en", "en-fr", "en-bible"],
    "conneau2020.compared.seen": [],
    "conneau2020.compared.contrast": [],
    "conneau2020.compared.spelt": ["es"],
    "conneau2020.compared.unseen": [],
    "conneau2020.compared.amounts": [],
    "conneau2020.compared.similar": [],
    "conneau2020.languages": ["en", "es", "ru"],
    **{f"conneau2020.{part}.betas": [0.9, 0.99] for part in ("pretrain", "finetune", "frozen")},
    **{f"conneau2020.{size}.context.dimension": 48 for size in ("model", "large")},
    **{f"conneau2020.{size}.context.heads": 4 for size in ("model", "large")},
    **{f"conneau2020.{size}.context.position_groups": 8 for size in ("model", "large")},
    "conneau2020.model.encoder.bias": True,
    "conneau2020.large.encoder.bias": False,
    "conneau2020.protocol": "frozen",
    "cao2020.encoder.heads": 4,
    "cao2020.encoder.norm": "post",
    "cao2020.tuning.pooling": "mean",
    "chung2018.unsupervised.adversarial.activation": "relu",
    "conneau2020.donors": ["en", "fr"],
    "corpora.freedict.pairs": ["en-fr", "fr-en"],
    "cao2020.encoder.pretrained": "google-bert/bert-base-multilingual-cased",
    "cao2020.encoder.revision": "0" * 40,
    "cao2020.smaller": [50],
    "cao2020.controls": ["ends_only"],
    "cao2020.tuned": ["base"],
    "cruzblandon2025.distant": "es-ru",
    "cruzblandon2025.close": "es-fr",
    "cruzblandon2025.pictures.network": "facebook/dinov2-small",
    "cruzblandon2025.training.model.context.dimension": 48,
    "cruzblandon2025.training.model.context.heads": 4,
    "cruzblandon2025.training.grounding.tap": 2,
    "cruzblandon2025.training.model.context.position_groups": 4,
    "cruzblandon2025.training.pretrain.betas": [0.9, 0.99],
    "chung2018.supervised.normalise": ["unit"],
    "chung2018.unsupervised.normalise": ["unit"],
}


def nested(changes):
    tree = {}
    for path, value in changes.items():
        *parents, leaf = path.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = value
    return tree


def annotation(path):
    model = Params
    *parents, leaf = path.split(".")
    for parent in parents:
        model = model.model_fields[parent].annotation
    return model.model_fields[leaf].annotation


def other_values(path, value):
    """Yield candidates that differ from ``value``; the first valid one is used."""
    if path in CHOSEN:
        yield CHOSEN[path]
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1, value + 2)
    elif isinstance(value, float):
        yield from (value * 1.1, value * 0.9, value + 0.01, 0.5)
    elif isinstance(value, tuple) and value and isinstance(value[0], int):
        yield [value[0], value[1] + 1]
    elif isinstance(value, tuple):
        yield from (list(value[:-1]), list(value[1:]))
    else:
        yield from (choice for choice in get_args(annotation(path)) if choice != value)


def flip(base, path, value):
    if path in TOGETHER:
        return nested(TOGETHER[path])
    for candidate in other_values(path, value):
        changed = nested({path: candidate})
        with contextlib.suppress(ParameterError):
            if resolve(base, {"scale": "smoke"} | changed) != resolve(base, {"scale": "smoke"}):
                return changed
    raise AssertionError(f"no other valid value of {path}={value!r}: add one to CHOSEN")


def rerun(project, how, changes):
    """Names of the rules that run after each change, in two processes."""
    asked = [(name, {"scale": "smoke"} | change) for name, change in changes.items()]
    with ThreadPoolExecutor(2) as pool:
        halves = pool.map(lambda part: plan(project, how, dict(part)), (asked[::2], asked[1::2]))
    found = {name: rules for half in halves for name, rules in half.items()}
    return {name: found[name] for name in changes}


def plan(project, how, changes):
    program, base = Path(__file__).with_name("plan.py"), json.dumps({"scale": "smoke"})
    done = project.run(sys.executable, program, how, base, json.dumps(changes))
    return json.loads(done.stdout.splitlines()[-1])


def every_leaf(folder):
    return {p: v for p, v in leaves(load_params(folder / "params.yaml")) if p != "scale"}


def together(paths):
    """Tuples of parameters: one of each paper, as long as there are any; all others alone."""
    of_paper = {paper: [p for p in paths if p.startswith(f"{paper}.")] for paper in PAPERS}
    alone = [(p,) for p in paths if p.partition(".")[0] not in PAPERS]
    joint = zip_longest(*of_paper.values())
    return [*alone, *(tuple(p for p in group if p is not None) for group in joint)]


def test_every_parameter_is_in_the_table(finished):
    assert list(read_yaml(GOLDEN)) == list(every_leaf(finished.folder))


def test_every_parameter_reruns_what_depends_on_it(finished):
    base, values = read_yaml(finished.folder / "params.yaml"), every_leaf(finished.folder)
    anew = "UPDATE_GOLDEN" in os.environ
    groups = [(path,) for path in values] if anew else together(values)
    changes = {}
    for group in groups:
        flips = (flip(base, path, values[path]) for path in group)
        changes[" ".join(group)] = reduce(operator.or_, flips)  # of different papers
    found = rerun(finished, "planned" if anew else "compared", changes)
    if anew:
        lines = (f"{path}: [{', '.join(rules)}]\n" for path, rules in found.items())
        GOLDEN.write_text("".join(lines))
    table = read_yaml(GOLDEN)
    for group, rules in found.items():
        assert set(rules) == {rule for path in group.split() for rule in table[path]}, group


def test_no_parameter_is_without_effect():
    """`describe_parameters` alone would mean that nothing reads the parameter."""
    idle = [path for path, rules in read_yaml(GOLDEN).items() if rules == ["describe_parameters"]]
    assert idle == []

"""The stages: files in, mapping out."""

import csv

import numpy as np
import pyarrow
import pytest
import torch
from pyarrow import parquet

from crosstalk.alignment.align import (
    align_adversarial,
    align_self_learning,
    align_supervised,
    align_wasserstein,
    rotate_space,
    shared_words,
)
from crosstalk.alignment.mapping import Mapping
from crosstalk.alignment.refinement import refine_once
from crosstalk.embeddings.spaces import Space
from crosstalk.errors import DataError
from crosstalk.params.alignment import (
    AdversarialParams,
    RefinementParams,
    SelfLearningParams,
    SupervisedParams,
    UnsupervisedParams,
    WassersteinParams,
)
from crosstalk.text.dictionaries import COLUMNS, held_out

ADVERSARIAL = AdversarialParams(
    restarts=8,
    start="orthogonal",
    dimension=64,
    activation="relu",
    dropout=0,
    scale=2,
    map_learning_rate=1.5,
    orthogonality=0.1,
    epochs=4,
    map_steps=60,
)
UNSUPERVISED = UnsupervisedParams(adversarial=ADVERSARIAL)
SELF_LEARNING = SelfLearningParams(restarts=2, patience=5)
WASSERSTEIN = WassersteinParams(restarts=3, initial_words=200, batch=50, steps=20, epochs=2)


@pytest.fixture
def spaces(tmp_path, structured_vectors):
    """A structured space and a turned copy of it, with one word that only the copy lacks."""
    vectors = structured_vectors()
    space = Space([f"w{i}" for i in range(400)], np.arange(400, 0, -1), vectors)
    source, target = tmp_path / "source.safetensors", tmp_path / "target.safetensors"
    space.save(source)
    rotate_space(seed=3, space=source, rotated=target)
    turned = Space.load(target)
    Space(turned.words[:-1], turned.counts[:-1], turned.vectors[:-1]).save(target)
    return source, target


def hits(mapping, source, target):
    source, target = Space.load(source), Space.load(target)
    x, y = mapping.apply(source.vectors), mapping.apply_target(target.vectors)
    return np.mean([(x[source.index[w]] @ y.T).argmax() == j for w, j in target.index.items()])


def test_rotation_keeps_words_and_angles_and_moves_vectors(spaces):
    source, target = (Space.load(path) for path in spaces)
    assert source.words[:-1] == target.words
    gram = source.vectors[:-1] @ source.vectors[:-1].T
    np.testing.assert_allclose(target.vectors @ target.vectors.T, gram, atol=1e-4)
    assert np.abs(target.vectors - source.vectors[:-1]).max() > 0.5


def supervised(cfg, source, target, mapping, languages=("en", "en"), pairs=()):
    dictionary = mapping.with_name("dictionary.parquet")
    rows = zip(*pairs, strict=True) if pairs else ([] for _ in COLUMNS)
    strings = pyarrow.schema([(name, pyarrow.string()) for name in COLUMNS])
    parquet.write_table(pyarrow.table(dict(zip(COLUMNS, rows, strict=True)), strings), dictionary)
    align_supervised(
        cfg=cfg,
        languages=["-".join(languages)],
        dictionary=dictionary,
        sources=[source],
        targets=[target],
        mappings=[mapping],
    )


def test_across_languages_a_dictionary_says_what_belongs_together(spaces, tmp_path):
    """Every word of the target is renamed; a tenth of the entries names a second, wrong word."""
    target, out = Space.load(spaces[1]), tmp_path / "mapping.safetensors"
    Space([f"v{w[1:]}" for w in target.words], target.counts, target.vectors).save(spaces[1])
    pairs = [("en", "fr", w, f"v{w[1:]}") for w in target.words]
    pairs += [("fr", "en", "v0", w) for w in target.words[::10]]
    supervised(SupervisedParams(), *spaces, out, languages=("en", "fr"), pairs=pairs)
    mapping, source, named = Mapping.load(out), Space.load(spaces[0]), Space.load(spaces[1])
    asked = [word for word in source.words if held_out(word, 20)]
    assert not set(asked) & set(mapping.facts["dictionary"])
    x = mapping.apply(source.vectors[[source.index[w] for w in asked]])
    nearest = (x @ mapping.apply_target(named.vectors).T).argmax(1)
    right = [named.words[i] == f"v{w[1:]}" for i, w in zip(nearest, asked, strict=True)]
    assert np.mean(right) > 0.9


@pytest.mark.parametrize("solver", ["orthogonal", "least_squares"])
def test_supervised_alignment_finds_the_rotation(spaces, tmp_path, solver):
    out = tmp_path / "mapping.safetensors"
    cfg = SupervisedParams(dictionary_words=50, solver=solver)
    supervised(cfg, *spaces, out)
    mapping = Mapping.load(out)
    assert hits(mapping, *spaces) == 1
    known = [w for w in Space.load(spaces[0]).words if not held_out(w, cfg.held_out_percent)]
    assert mapping.facts["dictionary"] == known[:50]


def test_supervised_alignment_can_be_refined(spaces, tmp_path):
    turned = Space.load(spaces[1])
    noise = 0.1 * np.random.default_rng(0).normal(size=turned.vectors.shape)
    Space(turned.words, turned.counts, turned.vectors + noise).save(spaces[1])
    found = []
    for iterations in (0, 2):
        out = tmp_path / f"{iterations}.safetensors"
        refinement = RefinementParams(iterations=iterations)
        cfg = SupervisedParams(dictionary_words=10, refinement=refinement)
        supervised(cfg, *spaces, out)
        found.append(torch.from_numpy(Mapping.load(out).W))
    x, y = (torch.from_numpy(Space.load(path).normalise().vectors) for path in spaces)
    expected = refine_once(refine_once(found[0], x, y, refinement), x, y, refinement)
    torch.testing.assert_close(found[1], expected)
    assert (found[1] - found[0]).abs().max() > 0.01


def test_unsupervised_alignment_finds_the_rotation_and_tells_its_course(spaces, tmp_path):
    out, history = tmp_path / "mapping.safetensors", tmp_path / "history.csv"
    align_adversarial(
        cfg=UNSUPERVISED,
        seed=0,
        sources=[spaces[0]],
        targets=[spaces[1]],
        mappings=[out],
        histories=[history],
    )
    mapping = Mapping.load(out)
    assert hits(mapping, *spaces) == 1
    with history.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8 * (1 + 4) + 8 * (1 + 5)
    (selected,) = [row for row in rows if row["selected"] == "1"]
    assert float(selected["criterion"]) == max(float(row["criterion"]) for row in rows)
    assert int(selected["restart"]) == mapping.facts["restart"]
    np.testing.assert_array_equal(mapping.W, mapping.of_restart(mapping.facts["restart"]).W)
    assert mapping.restarts.shape == (8, 4, 4)
    assert mapping.facts["method"] == "adversarial"


@pytest.mark.parametrize(
    ("align", "cfg", "method", "evaluations"),
    [
        (align_self_learning, SELF_LEARNING, "self-learning", 6),
        (align_wasserstein, WASSERSTEIN, "wasserstein", 3),
    ],
)
def test_the_other_aligners_are_refined_chosen_and_told_alike(
    spaces, tmp_path, align, cfg, method, evaluations
):
    written = []
    for name in ("first", "second"):
        out, history = tmp_path / name, tmp_path / f"{name}.csv"
        align(
            cfg=cfg,
            seed=0,
            sources=[spaces[0]],
            targets=[spaces[1]],
            mappings=[out],
            histories=[history],
        )
        written.append(out.read_bytes() + history.read_bytes())
    assert written[0] == written[1]
    mapping = Mapping.load(out)
    assert hits(mapping, *spaces) == 1
    assert mapping.facts["method"] == method
    assert mapping.restarts.shape == (cfg.restarts, 4, 4)
    with history.open() as file:
        rows = list(csv.DictReader(file))
    phases = [row["phase"] for row in rows]
    assert phases.count(method) == cfg.restarts * evaluations
    assert phases.count("refinement") == cfg.restarts * 6
    (selected,) = [row for row in rows if row["selected"] == "1"]
    assert float(selected["criterion"]) == max(float(row["criterion"]) for row in rows)
    assert int(selected["restart"]) == mapping.facts["restart"]


def test_the_same_seed_writes_the_same_bytes(spaces, tmp_path):
    short = ADVERSARIAL.model_copy(update={"epochs": 1, "map_steps": 10})
    written = []
    for name in ("first", "second"):
        out, history = tmp_path / name, tmp_path / f"{name}.csv"
        align_adversarial(
            cfg=UnsupervisedParams(adversarial=short),
            seed=0,
            sources=[spaces[0]],
            targets=[spaces[1]],
            mappings=[out],
            histories=[history],
        )
        written.append(out.read_bytes() + history.read_bytes())
    assert written[0] == written[1]


def test_a_mapping_treats_tokens_as_the_space_was_treated(spaces, tmp_path):
    out = tmp_path / "mapping.safetensors"
    supervised(SupervisedParams(), *spaces, out)
    mapping, source = Mapping.load(out), Space.load(spaces[0])
    one = mapping.apply(source.vectors[7:8])
    np.testing.assert_allclose(one[0], source.normalise().vectors[7] @ mapping.W.T, atol=1e-6)
    with pytest.raises(DataError, match="no restarts"):
        mapping.of_restart(0)


def test_shared_words_come_in_the_sources_order(tmp_path):
    source = Space(["b", "a", "c"], [3, 2, 1], np.eye(3))
    target = Space(["c", "d", "b"], [3, 2, 1], np.eye(3))
    assert shared_words(source, target) == ["b", "c"]


def test_spaces_that_cannot_be_aligned_are_named(spaces, tmp_path):
    other, out = tmp_path / "other.safetensors", tmp_path / "mapping.safetensors"
    Space(["x"], [1], np.ones((1, 4))).save(other)
    raw = SupervisedParams(normalise=())
    with pytest.raises(DataError, match="share no word"):
        supervised(raw, spaces[0], other, out)
    Space(["w0"], [1], np.ones((1, 5))).save(other)
    with pytest.raises(DataError, match=r"has 4 dimensions and .*other\.safetensors 5"):
        supervised(raw, spaces[0], other, out)


@pytest.mark.parametrize("content", [b"", b"\x08\0\0\0\0\0\0\0{}      "])
def test_a_file_that_is_no_mapping_is_named(tmp_path, content):
    path = tmp_path / "mapping.safetensors"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"mapping\.safetensors is not a mapping"):
        Mapping.load(path)


def test_centre_may_stand_once_only():
    with pytest.raises(ValueError, match="once only"):
        SupervisedParams(normalise=("centre", "unit", "centre"))


@pytest.mark.parametrize(
    ("align", "cfg"),
    [
        (
            align_adversarial,
            UNSUPERVISED.model_copy(
                update={"adversarial": ADVERSARIAL.model_copy(update={"epochs": 1, "map_steps": 5})}
            ),
        ),
        (align_self_learning, SELF_LEARNING),
        (align_wasserstein, WASSERSTEIN.model_copy(update={"restarts": 1, "steps": 2})),
    ],
)
def test_a_gpu_aligns_the_same(spaces, same_on_a_gpu, align, cfg):
    sides = {"sources": [spaces[0]] * 2, "targets": [spaces[1]] * 2}
    names = ("one", "other")
    same_on_a_gpu(
        lambda folder: align(
            cfg=cfg,
            seed=0,
            mappings=[folder / name for name in names],
            histories=[folder / f"{name}.csv" for name in names],
            **sides,
        )
    )


def test_a_gpu_fits_the_same_map(spaces, same_on_a_gpu):
    cfg = SupervisedParams(dictionary_words=100)
    same_on_a_gpu(lambda folder: supervised(cfg, *spaces, folder / "mapping"))

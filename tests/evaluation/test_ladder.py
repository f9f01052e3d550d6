"""Ladder, homophones, segmentation rates and utterances on worlds whose answers are known."""

import numpy as np
import pandas as pd
import pyarrow
import pytest
from pyarrow import parquet

from crosstalk.alignment.mapping import Mapping
from crosstalk.corpora.schemas import write_messages
from crosstalk.embeddings.spaces import Normaliser, Space
from crosstalk.errors import DataError
from crosstalk.evaluation.homophones import homophones, score_homophones
from crosstalk.evaluation.ladder import score_maps
from crosstalk.evaluation.segmentation import score_segmentations
from crosstalk.evaluation.utterances import score_translations
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.segmentation.boundaries import Segmentation
from crosstalk.speech.utterances import Utterances
from crosstalk.text.dictionaries import COLUMNS

CFG = EvaluationParams(resamples=200)


def write_pairs(path, pairs=()):
    columns = zip(*pairs, strict=True) if pairs else ([] for _ in COLUMNS)
    types = pyarrow.schema([(name, pyarrow.string()) for name in COLUMNS])
    parquet.write_table(pyarrow.table(dict(zip(COLUMNS, columns, strict=True)), types), path)
    return path


@pytest.fixture
def rung(tmp_path):
    """A space, its copy, the right map, and two restarts of which one is right."""
    generator = np.random.default_rng(0)
    words = [f"w{i}" for i in range(60)]
    space = Space(words, np.arange(60, 0, -1), generator.normal(size=(60, 6)))
    space.save(tmp_path / "space")
    same = Normaliser.fit(space.vectors, ())
    right, wrong = np.eye(6, dtype=np.float32), -np.eye(6, dtype=np.float32)
    supervised = {"method": "supervised", "dictionary": words[:40]}
    Mapping(right, same, same, supervised).save(tmp_path / "supervised")
    both = np.stack([wrong, right])
    Mapping(wrong, same, same, {"method": "adversarial"}, both).save(tmp_path / "wrong")
    Mapping(right, same, same, {"method": "wasserstein"}, both).save(tmp_path / "right")
    return tmp_path


def score(rung):
    score_maps(
        rows=["copy", "again"],
        languages=["en-en", "en-en"],
        seed=3,
        dictionary=write_pairs(rung / "pairs"),
        sources=[rung / "space"] * 2,
        targets=[rung / "space"] * 2,
        supervised=[rung / "supervised"] * 2,
        unsupervised=[rung / name for name in ("wrong", "right", "right", "wrong")],
        answers=[rung / "items", rung / "again"],
    )
    return pd.read_parquet(rung / "items")


def test_a_rung_is_scored_on_words_that_were_held_out(rung):
    items = score(rung)
    ladder = items[items["table"] == "ladder"]
    assert set(ladder["cluster"]) == {f"w{i}" for i in range(40, 60)}
    means = ladder.groupby("column")["correct"].mean()
    assert means["supervised"] == 1
    assert means["adversarial"] == 0  # the selected map is the wrong one
    assert means["wasserstein"] == 1
    success = items[(items["table"] == "success") & (items["column"] == "adversarial")]
    success = success.set_index("cluster")["correct"]
    assert success.to_dict() == {"restart 0": 0, "restart 1": 1}
    assert set(items["seed"]) == {3}
    again = pd.read_parquet(rung / "again")  # the next rung, whose maps stand in another order
    assert set(items["row"]) == {"copy"}
    assert set(again["row"]) == {"again"}
    order = ["table", "column", "cluster"]
    pd.testing.assert_frame_equal(
        again.drop(columns="row").sort_values(order, ignore_index=True),
        items.drop(columns="row").sort_values(order, ignore_index=True),
    )


@pytest.mark.parametrize(("words", "succeeds"), [(4, 0), (5, 1)])
def test_as_good_as_a_supervised_map_that_finds_next_to_nothing_is_no_success(
    rung, words, succeeds
):
    """So many words are held out; the supervised map and the right restart find them all."""
    right = Mapping.load(rung / "supervised")
    right.facts["dictionary"] = Space.load(rung / "space").words[:-words]
    right.save(rung / "supervised")
    items = score(rung)
    success = items[items["table"] == "success"].set_index(["column", "cluster"])["correct"]
    assert success["adversarial", "restart 1"] == succeeds


def test_words_that_sound_alike_are_found():
    pairs = {frozenset(pair) for pair in homophones(["see", "sea", "night", "knight", "cat"], "en")}
    assert pairs == {frozenset({"see", "sea"}), frozenset({"night", "knight"})}


def test_a_space_that_hears_passes_the_homophone_test(tmp_path):
    generator = np.random.default_rng(0)
    others = [f"{a}{b}{c}t" for a in "bdfgkm" for b in "aeiou" for c in "lnr"]
    words = ["see", "sea", "night", "knight", *others]
    counts = np.arange(len(words), 0, -1)
    reads = generator.normal(size=(len(words), 20))
    hears = reads.copy()
    hears[1], hears[3] = hears[0], hears[2]
    for name, vectors in (("reads", reads), ("hears", hears)):
        Space(words, counts, vectors).save(tmp_path / name)
    score_homophones(
        language="en",
        seed=0,
        rows=["reads", "hears"],
        spaces=[tmp_path / "reads", tmp_path / "hears"],
        answers=tmp_path / "items",
    )
    items = pd.read_parquet(tmp_path / "items")
    asked = items[items["cluster"].isin(["see/sea", "night/knight"])]
    means = asked[asked["column"] == "homophones"].groupby("row")["correct"].mean()
    assert means["hears"] == 1
    assert means["reads"] < 1
    assert items.groupby(["row", "column"]).size().nunique() == 1


def speech(path):
    """Two training utterances of 10 frames, words of 3, 3 and 4 frames; one of test."""
    frames = np.zeros((30, 2), np.float32)
    first = np.array([0, 3, 6, 10, 13, 16, 20])
    Utterances(
        frames=frames,
        energy=frames[:, 0],
        offsets=np.array([0, 10, 20, 30]),
        speaker=np.zeros(3, np.int32),
        split=np.array([0, 0, 2], np.uint8),
        word_first=first,
        word_last=np.append(first[1:], 30),
        word=np.arange(7, dtype=np.int32),
        vocabulary=list("abcdefg"),
        speakers=["x"],
        messages=["m/0", "m/1", "m/2"],
    ).save(path)
    return path


def scored(tmp_path, first, last):
    segmentation = tmp_path / "segmentation"
    Segmentation(np.array(first), np.array(last)).save(segmentation)
    score_segmentations(
        cfg=CFG,
        tolerance_ms=5.0,
        shift_ms=10.0,
        rows=["D"],
        columns=["ENw"],
        seeds=[0],
        utterances=[speech(tmp_path / "utterances")],
        segmentations=[segmentation],
        measures=tmp_path / "measures.csv",
    )
    frame = pd.read_csv(tmp_path / "measures.csv")
    return frame[frame["seed"] == "all"].set_index("column")


def test_the_true_words_score_perfectly(tmp_path):
    frame = scored(tmp_path, [0, 3, 6, 10, 13, 16], [3, 6, 10, 13, 16, 20])
    assert frame.loc["ENw F1", "value"] == frame.loc["ENw R-value", "value"] == 100
    assert frame.loc["ENw over-segmentation", "value"] == 0
    assert frame["n"].unique().tolist() == [2]


def test_half_of_the_boundaries_score_half(tmp_path):
    frame = scored(tmp_path, [0, 3, 10, 13], [3, 10, 13, 20])
    assert frame.loc["ENw precision", "value"] == 100
    assert frame.loc["ENw recall", "value"] == 50
    assert frame.loc["ENw over-segmentation", "value"] == -50


@pytest.mark.parametrize(
    ("first", "last"), [([0, 2], [3, 4]), ([0], [12]), ([20], [25]), ([3, 0], [6, 3])]
)
def test_a_segmentation_of_something_else_is_named(tmp_path, first, last):
    with pytest.raises(DataError, match="segmentation does not fit"):
        scored(tmp_path, first, last)


def test_utterances_are_translated_word_by_word(tmp_path):
    table = pd.DataFrame(
        [("m/0", "fr", "Le grand chien dort ici."), ("m/1", "fr", "Un elfe voit la maison rouge.")],
        columns=["message_id", "language", "text"],
    ).assign(source="made", domain="made", fold=np.uint8(99))
    order = ["message_id", "source", "domain", "language", "text", "fold"]
    write_messages(table[order], tmp_path / "messages")
    spoken = {
        "m/0": [
            ("the", "le"),
            ("big", "grand"),
            ("dog", "chien"),
            ("sleeps", "dort"),
            ("here", "ici"),
        ],
        "m/1": [("an", "un"), ("elf", "chat"), ("sees", "boit"), ("the", "la"), ("house", "niche")],
        "m/9": [("not", "pas")],
    }
    rows = [
        {"row": "A", "seed": 0, "message": m, "word": w, "answer_1": a}
        for m, words in spoken.items()
        for w, a in words
    ]
    pd.DataFrame(rows).to_parquet(tmp_path / "words")
    words = ["le", "un", "grand"]
    Space(words, [3, 2, 1], np.eye(3)).save(tmp_path / "target")
    pairs = [("en", "fr", "the", "le"), ("en", "fr", "the", "la"), ("en", "fr", "dog", "chien")]
    score_translations(
        cfg=CFG,
        column="ENw-frw",
        source_language="en",
        target_language="fr",
        words=[tmp_path / "words"],
        messages=tmp_path / "messages",
        dictionary=write_pairs(tmp_path / "pairs", pairs),
        target=tmp_path / "target",
        measures=tmp_path / "measures.csv",
        examples=tmp_path / "examples.csv",
    )
    measured = pd.read_csv(tmp_path / "measures.csv")
    pooled = measured[measured["seed"] == "all"].set_index(["row", "column"])
    assert (
        pooled.loc[("A", "ENw-frw BLEU"), "value"]
        > pooled.loc[("dictionary", "ENw-frw BLEU"), "value"]
    )
    assert pooled["n"].unique().tolist() == [2]  # m/9 has no translation
    examples = pd.read_csv(tmp_path / "examples.csv").set_index(["row", "message"])
    assert examples.loc[("A", "m/0"), "hypothesis"] == "le grand chien dort ici"
    assert examples.loc[("dictionary", "m/0"), "hypothesis"] == "le big chien sleeps here"

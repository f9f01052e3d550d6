"""What is trained on is never what is asked: splits, near-duplicates, and text that is not parallel."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.contextual.messages import (
    SELECTION,
    one_of_each_wording,
    pretraining_text,
    split_messages,
    task_messages,
)
from crosstalk.contextual.near_duplicates import near_duplicates
from crosstalk.corpora.catalogues import prepare_catalogues
from crosstalk.corpora.messages import Message, message_table, read_messages
from crosstalk.corpora.smoke import build_archive
from crosstalk.corpora.smoke_catalogues import CATALOGUES
from crosstalk.errors import DataError
from crosstalk.params.catalogues import CataloguesParams
from crosstalk.params.contextual_data import SelectionParams
from crosstalk.params.smoke import SmokeParams
from crosstalk.params.splits import SplitParams

ROOT = Path(__file__).parents[2]
SPLITS = SplitParams()
WORDS = st.lists(
    st.sampled_from(["Open", "open", "file", "3", "the", ".", "x2", "Ελα"]), max_size=5
)


def jaccard(one, other):
    """Share of words in common, by the definition."""
    a, b = (
        {w.casefold() for w in words if any(map(str.isalpha, w)) and not any(map(str.isdigit, w))}
        for words in (one, other)
    )
    return len(a & b) / len(a | b) if a and b else 0.0


@given(st.lists(WORDS, max_size=6), st.lists(WORDS, max_size=6), st.sampled_from([0.3, 0.5, 1.0]))
def test_near_duplicates_are_those_of_the_definition(messages, others, least):
    expected = [any(jaccard(m, o) >= least for o in others) for m in messages]
    assert near_duplicates(messages, others, least).tolist() == expected


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    """The catalogues of the smoke scale."""
    folder = tmp_path_factory.mktemp("catalogues")
    source = ROOT / "workflow/smoke"
    for name in CATALOGUES:
        build_archive(
            cfg=SmokeParams(),
            name=name,
            texts=source / "udhr.tsv",
            bulk=source / "mark.txt",
            archive=folder / name,
        )
    prepare_catalogues(
        cfg=CataloguesParams(), archives=[folder / n for n in CATALOGUES], messages=folder / "m"
    )
    return read_messages(folder / "m")


def real():
    """The corpora of this checkout, where they were prepared."""
    paths = [ROOT / f"data/prepared/{name}/messages.parquet" for name in ("catalogues", "wesnoth")]
    if not all(path.exists() for path in paths):
        pytest.skip("the real corpora are not prepared: snakemake corpora")
    found = pd.concat([read_messages(path) for path in paths], ignore_index=True)
    return found[found["fold"] % 12 == 2]  # seven training folds, 86 to develop and 98 to test


@pytest.fixture(scope="module", params=["smoke", "real"])
def chosen(request):
    found = request.getfixturevalue("smoke") if request.param == "smoke" else real()
    return split_messages(found, SelectionParams(), SPLITS)


def wordings(rows):
    return set(
        rows["words"].map(lambda words: "".join(filter(str.isalpha, "".join(words).casefold())))
    )


def test_no_message_has_two_splits_or_two_rows(chosen):
    assert chosen.groupby("message_id")["split"].nunique().max() == 1
    assert not chosen.duplicated(["message_id", "language"]).any()
    assert tuple(chosen.columns) == SELECTION


def test_nothing_held_out_is_near_to_anything_trained_on(chosen):
    for _, rows in chosen.groupby("language"):
        train, dev, test = (rows[rows["split"] == split] for split in ("train", "dev", "test"))
        assert min(len(train), len(dev), len(test)) > 0
        for learnt, held in ((train, test), (train, dev), (dev, test)):
            assert not wordings(learnt) & wordings(held)
            sample = held["words"].head(8)
            nearest = max(jaccard(m, other) for m in learnt["words"] for other in sample)
            assert nearest < SelectionParams().near_duplicate


def test_pretraining_reads_training_messages_in_one_language_each(chosen):
    text = pretraining_text(chosen, SelectionParams())
    train = chosen[chosen["split"] == "train"]
    assert len(text) == train["message_id"].nunique()
    owners = defaultdict(set)
    for row in train.itertuples():
        owners[row.language, tuple(row.words)].add(row.message_id)
    found = [owners[row.language, tuple(row.words)] for row in text.itertuples()]
    certain = [owner for owner in found if len(owner) == 1]  # some messages are translated alike
    assert len(certain) > 0.9 * len(text)
    assert len(set.union(*certain)) == len(certain)
    read = text["words"].str.len().groupby(text["language"]).sum()
    assert len(read) == 6
    assert read.max() - read.min() <= 64  # the longest message


def test_all_languages_may_read_everything_instead(smoke):
    chosen = split_messages(smoke, SelectionParams(), SPLITS)
    text = pretraining_text(chosen, SelectionParams(pretraining="all"))
    assert len(text) == (chosen["split"] == "train").sum()


def test_every_class_is_asked_about_as_often_in_every_language(chosen):
    task = task_messages(chosen, SelectionParams())
    counts = task[task["split"] != "train"].groupby(["split", "language", "label"]).size()
    for split in ("dev", "test"):
        assert counts[split].nunique() == 1
        assert len(counts[split]) == 6 * 6
    english = task[(task["language"] == "en") & (task["split"] == "train")]
    assert english["label"].value_counts().nunique() == 1
    assert set(task["message_id"]) <= set(chosen["message_id"])
    by_id = chosen.drop_duplicates("message_id").set_index("message_id")["split"]
    assert (by_id[task["message_id"]].to_numpy() == task["split"].to_numpy()).all()


def table(*messages):
    return message_table("tales", [Message(*message) for message in messages])


def test_of_one_wording_the_message_with_most_translations_is_kept():
    text = "Open the file"
    found = table(
        ("a", "gimp", "en", text, text),
        ("a", "gimp", "de", "Datei öffnen", text),
        ("b", "inkscape", "en", "Open the file…", text),
        ("b", "inkscape", "de", "Öffnen der Datei", text),
        ("b", "inkscape", "el", "Άνοιγμα", text),
        ("c", "gimp", "en", "Nobody translated this", text),
    )
    kept = one_of_each_wording(found)
    assert set(kept["message_id"]) == {"b"}
    assert set(kept["domain"]) == {""}  # two programs say it, so it tells none


def test_messages_that_name_a_program_are_not_classified(smoke):
    chosen = split_messages(smoke, SelectionParams(), SPLITS)
    first = chosen.loc[
        (chosen["domain"] == "gimp") & (chosen["split"] == "train"), "message_id"
    ].iloc[0]
    row = chosen.index[(chosen["message_id"] == first) & (chosen["language"] == "el")][0]
    chosen.loc[[row], "words"] = pd.Series([["το", "GIMP"]], index=[row])
    assert first not in set(task_messages(chosen, SelectionParams())["message_id"])


def test_what_is_missing_is_named(smoke):
    few = smoke[(smoke["language"] != "el") | (smoke["fold"] < 80)]
    with pytest.raises(DataError, match="no message in 'el' is left for: dev test"):
        split_messages(few, SelectionParams(), SPLITS)
    chosen = split_messages(smoke, SelectionParams(), SPLITS)
    without = chosen[(chosen["domain"] != "gimp") | (chosen["split"] != "dev")]
    with pytest.raises(DataError, match="no dev message of class 'gimp' is left"):
        task_messages(without, SelectionParams())


def test_the_order_of_the_corpora_changes_nothing(smoke):
    rows = np.random.default_rng(0).permutation(len(smoke))
    one, other = (split_messages(f, SelectionParams(), SPLITS) for f in (smoke, smoke.iloc[rows]))
    pd.testing.assert_frame_equal(one, other)

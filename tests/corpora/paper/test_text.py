"""Sentence pairs, inference and dictionaries, from archives in the layouts of their makers."""

import pytest
from tests.corpora.paper.archives import tar, zipped
from tests.corpora.paper.layouts import bitext, multinli, xnli, xnli_mt

from crosstalk.corpora.messages import read_messages
from crosstalk.corpora.paper.bitext import prepare_bitext
from crosstalk.corpora.paper.inference import COLUMNS, prepare_inference
from crosstalk.corpora.paper.muse import prepare_muse
from crosstalk.corpora.parquet import read_columns
from crosstalk.corpora.splits import fold_of
from crosstalk.errors import DataError
from crosstalk.params.freedict import FreedictParams
from crosstalk.params.paper_corpora import Part
from crosstalk.text.dictionaries import read_pairs


def sentences(tmp_path, archive, language="de"):
    prepare_bitext(
        cfg=Part(language=language),
        source="europarl",
        archives=[archive],
        messages=tmp_path / "messages.parquet",
    )
    return read_messages(tmp_path / "messages.parquet")


@pytest.mark.parametrize("kind", ["europarl", "opus"])
def test_sentence_pairs_keep_their_lines_and_lose_empty_sides(kind, tmp_path):
    if kind == "europarl":
        archive = tar(tmp_path / "de-en.tgz", bitext())
    else:
        files = bitext(corpus="MultiUN") | {"README": b"de-en.de"}
        archive = zipped(tmp_path / "de-en.txt.zip", files)
    table = sentences(tmp_path, archive)
    assert table[["message_id", "language", "text"]].to_numpy().tolist() == [
        ["de-en/00000000", "de", "Wiederaufnahme der Sitzungsperiode"],
        ["de-en/00000000", "en", "Resumption of the session"],
        ["de-en/00000002", "de", "Ich bitte\u2028Sie."],
        ["de-en/00000002", "en", "I ask you."],
    ]
    assert (
        table["fold"].tolist()
        == [fold_of("Resumption of the session")] * 2 + [fold_of("I ask you.")] * 2
    )


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"e.de-en.de": b"a\n", "e.de-en.en": b"a\nb\n"}, "has 1 and 2 lines"),
        ({"e.de-en.de": b"a\n"}, "hold no en side of de-en"),
        ({"e.en-fr.en": b"a\n", "e.en-fr.fr": b"a\n"}, "hold no de side of de-en"),
        ({"e.de-en.de": b"\xff\n", "e.de-en.en": b"a\n"}, "e.de-en.de is not UTF-8"),
    ],
)
def test_broken_sentence_pairs_are_named(files, says, tmp_path):
    with pytest.raises(DataError, match=says):
        sentences(tmp_path, tar(tmp_path / "de-en.tgz", files))


def inference(tmp_path, files):
    prepare_inference(
        cfg=Part(),
        source="xnli",
        archives=[zipped(tmp_path / "xnli.zip", files)],
        pairs=tmp_path / "pairs.parquet",
    )
    return read_columns(tmp_path / "pairs.parquet", COLUMNS).to_numpy().tolist()


def test_xnli_has_all_languages_of_a_pair_under_one_name(tmp_path):
    assert inference(tmp_path, xnli()) == [
        ["en", "dev/00001", "He said mama", "He spoke", "neutral", "dev"],
        ["fr", "dev/00001", 'Il dit "maman', "Il parle", "neutral", "dev"],
    ]


def test_translated_training_data_is_numbered_alike_in_every_language(tmp_path):
    rows = inference(tmp_path, xnli_mt())
    assert [row[:2] for row in rows] == [
        [language, f"train/{number:06d}"] for number in (0, 1) for language in ("el", "fr")
    ]
    assert rows[0][2:] == ["Sur quoi ?", "Rien", "contradiction", "train"]


def test_multinli_leaves_out_what_has_no_gold_label(tmp_path):
    rows = inference(tmp_path, multinli())
    assert rows == [
        ["en", f"{split}/31193n", "A b.", "C.", "neutral", split] for split in ("dev", "train")
    ]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"XNLI-1.0/xnli.dev.tsv": "language\ttext\nen\tno\n"}, "not of a form of xnli"),
        ({"XNLI-1.0/README": "nothing"}, "hold no labelled pair"),
        ({"multinli_1.0/multinli_1.0_train.jsonl": "{"}, "not of a form"),
    ],
)
def test_another_form_of_inference_is_named(files, says, tmp_path):
    with pytest.raises(DataError, match=says):
        inference(tmp_path, files)


def dictionary(tmp_path, files, *pairs):
    archive = tar(tmp_path / "dictionaries.tar.gz", files)
    prepare_muse(
        cfg=FreedictParams(pairs=pairs), archives=[archive], dictionary=tmp_path / "d.parquet"
    )
    return read_pairs(tmp_path / "d.parquet")


def test_dictionaries_are_whole_sorted_and_in_lower_case(tmp_path):
    files = {
        "dictionaries/en-fr.txt": b"the le\nthe\tla\nthe le\nCat chat\n",
        "dictionaries/en-fr.0-5000.txt": b"only part\n",
        "dictionaries/fr-en.txt": "été summer\n".encode(),
        "dictionaries/en-de.txt": b"not asked for\n",
    }
    assert dictionary(tmp_path, files, "en-fr", "fr-en") == [
        ("en", "fr", "cat", "chat"),
        ("en", "fr", "the", "la"),
        ("en", "fr", "the", "le"),
        ("fr", "en", "été", "summer"),
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"a b\nc\n", "line 2 is not two words"), (b"\xff b\n", "is not UTF-8")],
)
def test_a_broken_dictionary_is_named(content, says, tmp_path):
    with pytest.raises(DataError, match=f"en-fr.txt.*{says}"):
        dictionary(tmp_path, {"dictionaries/en-fr.txt": content}, "en-fr")


def test_a_pair_that_muse_lacks_is_named(tmp_path):
    with pytest.raises(DataError, match="lack fr-tt"):
        dictionary(tmp_path, {"dictionaries/en-fr.txt": b"a b\n"}, "en-fr", "fr-tt")

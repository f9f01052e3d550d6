"""Sentence pairs, inference and dictionaries, from archives in the layouts of their makers."""

import json

import pytest
from tests.corpora.paper.archives import tar, zipped

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

GERMAN = "Wiederaufnahme der Sitzungsperiode\n\nIch bitte\u2028Sie. \nNur deutsch\n"
ENGLISH = "Resumption of the session\nEnglish only\nI ask you.\n\n"


def bitext(tmp_path, archive, language="de"):
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
        files = {"europarl-v7.de-en.de": GERMAN, "europarl-v7.de-en.en": ENGLISH}
        archive = tar(tmp_path / "de-en.tgz", {n: t.encode() for n, t in files.items()})
    else:
        files = {"MultiUN.de-en.de": GERMAN, "MultiUN.de-en.en": ENGLISH, "README": "de-en.de"}
        archive = zipped(tmp_path / "de-en.txt.zip", files)
    table = bitext(tmp_path, archive)
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
        bitext(tmp_path, tar(tmp_path / "de-en.tgz", files))


XNLI = (
    "language\tgold_label\tsentence1_binary_parse\tsentence1\tsentence2\tpromptID\tpairID\n"
    'fr\tneutral\t\tIl dit "maman\tIl parle\t1\t1\n'
    "en\tneutral\t\tHe said mama\tHe spoke\t1\t1\n"
    "en\tentailment\t\tYes.\t\t1\t2\n"
)
TRANSLATED = "premise\thypo\tlabel\nSur quoi ?\tRien\tcontradictory\nBon\tBien\tentailment\n"
MULTINLI = [
    {"gold_label": "neutral", "sentence1": "A b.", "sentence2": "C.", "pairID": "31193n"},
    {"gold_label": "-", "sentence1": "No", "sentence2": "label", "pairID": "2"},
]


def inference(tmp_path, files):
    prepare_inference(
        cfg=Part(),
        source="xnli",
        archives=[zipped(tmp_path / "xnli.zip", files)],
        pairs=tmp_path / "pairs.parquet",
    )
    return read_columns(tmp_path / "pairs.parquet", COLUMNS).to_numpy().tolist()


def test_xnli_has_all_languages_of_a_pair_under_one_name(tmp_path):
    files = {
        "XNLI-1.0/xnli.dev.tsv": XNLI,
        "__MACOSX/XNLI-1.0/xnli.dev.tsv": "rubbish",
        "XNLI-1.0/xnli.test.tsv": XNLI.splitlines()[0] + "\n",
    }
    assert inference(tmp_path, files) == [
        ["en", "dev/00001", "He said mama", "He spoke", "neutral", "dev"],
        ["fr", "dev/00001", 'Il dit "maman', "Il parle", "neutral", "dev"],
    ]


def test_translated_training_data_is_numbered_alike_in_every_language(tmp_path):
    files = {f"XNLI-MT-1.0/multinli/multinli.train.{x}.tsv": TRANSLATED for x in ("fr", "el")}
    rows = inference(tmp_path, files)
    assert [row[:2] for row in rows] == [
        [language, f"train/{number:06d}"] for number in (0, 1) for language in ("el", "fr")
    ]
    assert rows[0][2:] == ["Sur quoi ?", "Rien", "contradiction", "train"]


def test_multinli_leaves_out_what_has_no_gold_label(tmp_path):
    lines = "\n".join(json.dumps(row) for row in MULTINLI) + "\n"
    names = ("train", "dev_matched", "dev_mismatched")
    rows = inference(tmp_path, {f"multinli_1.0/multinli_1.0_{n}.jsonl": lines for n in names})
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


def muse(tmp_path, files, *pairs):
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
    assert muse(tmp_path, files, "en-fr", "fr-en") == [
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
        muse(tmp_path, {"dictionaries/en-fr.txt": content}, "en-fr")


def test_a_pair_that_muse_lacks_is_named(tmp_path):
    with pytest.raises(DataError, match="lack fr-tt"):
        muse(tmp_path, {"dictionaries/en-fr.txt": b"a b\n"}, "en-fr", "fr-tt")

"""Pairs of sentences against transformers' own tokeniser and BERT, and the task of the scale paper."""

import numpy as np
import pandas as pd
import pytest
import torch
from tests.contextual.toy import ENCODER

from crosstalk.contextual.encoder import Encoder, Packed
from crosstalk.contextual.inference import select_inference
from crosstalk.contextual.pretrained import convert
from crosstalk.contextual.rotation import fit_rotations
from crosstalk.contextual.tables import SENTENCE_PAIRS
from crosstalk.contextual.tokeniser import shortened
from crosstalk.contextual.transfer import Task, transfer_frozen
from crosstalk.contextual.tuning import Classifier, TuningBatches, predict, transfer_tuned
from crosstalk.corpora.paper.inference import COLUMNS
from crosstalk.errors import DataError
from crosstalk.params.contextual import RotationParams, TransferParams, TuningParams
from crosstalk.params.contextual_data import SelectionParams

PAIRS = [
    ("open the file", "this file is open"),
    ("a", "print all"),
    ("the big table, my page", "new"),
    ("save my old chart and the line and the cell and the page", "close this"),
]
LABELS = ("contradiction", "entailment", "neutral", "neutral")
TUNING = TuningParams(messages=40, epochs=2, learning_rate=1e-2, light_learning_rate=1e-3, batch=4)


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """As many subwords as the toy encoder has positions for."""
    monkeypatch.setattr("crosstalk.contextual.transfer.LONGEST", ENCODER.positions)


@pytest.fixture(scope="module")
def their_tokeniser(pieces, tmp_path_factory):
    from tokenizers import Tokenizer
    from tokenizers.processors import BertProcessing
    from transformers import PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("vocabulary")
    pieces.save(folder / "vocabulary")
    tokeniser = Tokenizer.from_file(str(folder / "vocabulary"))
    ends = [(name, tokeniser.token_to_id(name)) for name in ("[SEP]", "[CLS]")]
    tokeniser.post_processor = BertProcessing(*ends)
    return PreTrainedTokenizerFast(tokenizer_object=tokeniser, pad_token="[PAD]")


@pytest.fixture(scope="module")
def bert(pieces):
    from transformers import BertConfig, BertForMaskedLM

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=ENCODER.dimension,
        num_hidden_layers=ENCODER.layers,
        num_attention_heads=ENCODER.heads,
        intermediate_size=ENCODER.feed_forward,
        max_position_embeddings=ENCODER.positions,
    )
    model = BertForMaskedLM(config).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return model


# Even numbers of subwords: of an odd number of two long sides, transformers gives the second one more.
@pytest.mark.parametrize("longest", [24, 11, 9])
def test_pairs_are_berts(longest, pieces, bert, their_tokeniser):
    """Subwords, segments and hidden states; some pairs are shortened."""
    sides = [
        [text.replace(",", " ,").split() for text in side] for side in zip(*PAIRS, strict=True)
    ]
    subwords = pieces.cut_pairs(*sides, longest)
    theirs = their_tokeniser(
        *map(list, zip(*PAIRS, strict=True)),
        truncation="longest_first",
        max_length=longest,
        padding=True,
        return_tensors="pt",
        return_token_type_ids=True,
    )
    inside = theirs["attention_mask"].bool()
    batch = Packed.of(subwords, torch.arange(len(PAIRS)))
    assert batch.ids.tolist() == theirs["input_ids"][inside].tolist()
    assert batch.lengths.tolist() == inside.sum(1).tolist()
    assert batch.in_second.long().tolist() == theirs["token_type_ids"][inside].tolist()
    encoder = convert(bert.state_dict(), ENCODER).eval()
    with torch.no_grad():
        expected = bert.bert(**theirs).last_hidden_state[inside]
        torch.testing.assert_close(encoder(batch), expected, atol=1e-5, rtol=1e-4)


def test_classes_are_scored_as_by_bert(pieces, bert, tmp_path):
    """The linear layer on [CLS] of transformers' own BERT, of a few pairs out of order."""
    from transformers import BertForSequenceClassification

    write_task(tmp_path / "task")
    task = Task(tmp_path / "task", pieces, TUNING)
    asked = task.test("xx")
    torch.manual_seed(0)
    classifier = Classifier(convert(bert.state_dict(), ENCODER), 3, "first").eval()
    theirs = BertForSequenceClassification(bert.config).eval()
    theirs.bert.load_state_dict(bert.bert.state_dict(), strict=False)
    theirs.bert.pooler = torch.nn.Identity()
    batch = TuningBatches(asked, None, TUNING, 0).batch_at(0)
    with torch.no_grad():
        found = classifier(batch.messages)
        rows = zip(
            batch.messages.ids.split(batch.messages.lengths.tolist()),
            batch.messages.in_second.long().split(batch.messages.lengths.tolist()),
            strict=True,
        )
        for scores, (ids, segments) in zip(found, rows, strict=True):
            states = theirs.bert(ids[None], token_type_ids=segments[None]).last_hidden_state
            expected = classifier.output(states[0, 0])
            torch.testing.assert_close(scores, expected, atol=1e-4, rtol=1e-4)
    assert batch.messages.in_second.any()
    assert len(predict(classifier, asked)) == len(asked.labels)


@pytest.mark.parametrize("most", [2, 5, 8])
def test_the_longer_side_is_shortened_one_by_one(most):
    sizes = [(a, b) for a in range(1, 9) for b in range(1, 9)]
    for kept, size in zip(
        zip(*shortened(*np.array(sizes).T, most), strict=True), sizes, strict=True
    ):
        a, b = size
        while a + b > most:
            a, b = (a - 1, b) if a > b else (a, b - 1)
        assert kept == (a, b)


def test_saved_segments_come_back(bert, tmp_path):
    encoder = convert(bert.state_dict(), ENCODER)
    encoder.save(tmp_path / "encoder")
    assert torch.equal(Encoder.load(tmp_path / "encoder").second_segment, encoder.second_segment)
    types = bert.state_dict()["bert.embeddings.token_type_embeddings.weight"]
    torch.testing.assert_close(encoder.second_segment, types[1] - types[0])


def write_task(path, copies=3):
    rows = [
        (language, f"{split}/{n}", one.split(), other.split(), label, split)
        for language in ("en", "xx", "yy")
        for split in ("train", "dev", "test")
        for n, ((one, other), label) in enumerate(zip(PAIRS * copies, LABELS * copies, strict=True))
    ]
    pd.DataFrame(rows, columns=SENTENCE_PAIRS).to_parquet(path)


@pytest.fixture
def files(tables, pieces, tmp_path):
    pieces.save(tmp_path / "vocabulary")
    torch.manual_seed(0)
    Encoder(ENCODER, len(pieces), segments=True).save(tmp_path / "model")
    write_task(tmp_path / "messages")
    names = ("vocabulary", "model", "messages")
    return {name: tmp_path / name for name in names} | {"pairs": tables["pairs"]}


def test_every_protocol_learns_from_pairs_and_asks_them(files, tmp_path):
    cfg = TUNING.model_copy(update={"protocols": ("full",), "epochs": 30})
    transfer_tuned(
        cfg=cfg, seed=0, system="base", language="en", answers=tmp_path / "answers", **files
    )
    table = pd.read_parquet(tmp_path / "answers")
    assert table.groupby("language").size().to_dict() == {"en": 12, "xx": 12, "yy": 12}
    assert table[table["language"] == "en"]["right"].mean() > 0.7  # the same pairs, learnt by heart


def test_a_gpu_tells_segments_the_same(files, same_on_a_gpu):
    cfg = TUNING.model_copy(update={"protocols": ("light",)})
    options = {"cfg": cfg, "seed": 0, "system": "base", "language": "xx"}
    same_on_a_gpu(lambda folder: transfer_tuned(answers=folder / "answers", **options, **files))


def test_frozen_encoders_are_asked_in_pairs_too(files, tmp_path):
    rotations = tmp_path / "rotations"
    inputs = {name: files[name] for name in ("vocabulary", "model", "pairs")}
    fit_rotations(cfg=RotationParams(pairs=20), rotations=rotations, **inputs)
    transfer_frozen(
        cfg=TransferParams(messages=12),
        seed=0,
        vocabulary=files["vocabulary"],
        messages=files["messages"],
        base=files["model"],
        rotations=rotations,
        aligned=[],
        names=[],
        answers=tmp_path / "answers",
    )
    table = pd.read_parquet(tmp_path / "answers")
    assert set(table["system"]) >= {"base", "majority", "translate_train", "word_rotation"}


def prepared(path, rows):
    pd.DataFrame(rows, columns=COLUMNS).to_parquet(path)
    return path


def select(tmp_path, languages=("bg", "de")):
    multinli = [
        ("en", "train/1n", "Don\u2019t go.", "Go!", "contradiction", "train"),
        ("en", "train/2n", "\ufffd", "Go!", "neutral", "train"),
        ("en", "dev/3n", "Its own development set", "stays away", "neutral", "dev"),
    ]
    translated = [
        (language, f"train/{n:06d}", f"{language} {n}", "Geh!", "neutral", "train")
        for language in ("bg", "de", "en", "fr")
        for n in range(2)
    ]
    xnli = [
        (language, f"{split}/00001", "He\ufffdgoes", "Er", "entailment", split)
        for language in ("bg", "de", "en", "fr")
        for split in ("dev", "test")
    ]
    select_inference(
        cfg=SelectionParams(languages=languages),
        multinli=prepared(tmp_path / "multinli", multinli),
        translated=prepared(tmp_path / "translated", translated),
        xnli=prepared(tmp_path / "xnli", xnli),
        task=tmp_path / "task",
    )
    return pd.read_parquet(tmp_path / "task")


def test_english_is_taught_by_multinli_and_others_by_its_translations(tmp_path):
    task = select(tmp_path)
    assert tuple(task.columns) == SENTENCE_PAIRS
    train = task[task["split"] == "train"]
    assert train.groupby("language")["message_id"].apply(list).to_dict() == {
        "en": ["train/1n"],
        "bg": ["train/000000", "train/000001"],
        "de": ["train/000000", "train/000001"],
    }
    assert train.iloc[0]["premise"].tolist() == ["Don't", "go", "."]
    asked = task[task["split"] != "train"]
    assert sorted(asked["language"].unique()) == ["bg", "de", "en"]
    assert asked["premise"].map(list).tolist() == [["He", "goes"]] * 6


def test_a_language_without_pairs_is_named(tmp_path):
    with pytest.raises(DataError, match="no pair in 'el' is left for: dev test train"):
        select(tmp_path, ("bg", "el"))

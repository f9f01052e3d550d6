"""Classifiers against their optimality conditions, and who is asked what."""

import numpy as np
import pandas as pd
import pytest
import torch
from tests.contextual.toy import ENCODER
from torch.nn.functional import cross_entropy

from crosstalk.contextual.encoder import Encoder
from crosstalk.contextual.rotation import fit_rotations
from crosstalk.contextual.tables import TRANSFER
from crosstalk.contextual.transfer import LogisticRegression, Task, transfer_frozen
from crosstalk.contextual.tuning import Classifier, TuningBatches, predict, transfer_tuned
from crosstalk.errors import DataError
from crosstalk.params.contextual import RotationParams, TransferParams, TuningParams

TUNING = TuningParams(
    messages=40, epochs=2, learning_rate=1e-2, light_learning_rate=1e-3, batch=8, pooling="mean"
)


@pytest.fixture
def blobs():
    generator = np.random.default_rng(0)
    labels = generator.integers(3, size=90)
    return generator.normal(size=(90, 4)) + 0.8 * np.eye(4)[labels] + [5, 0, 0, -3], labels


def penalised_loss(model, x, labels, l2):
    """Summed cross-entropy and penalty by torch, with its gradient."""
    weight = torch.tensor(model.weight, requires_grad=True)
    scores = torch.tensor((x - model.mean) / model.scale) @ weight[:-1] + weight[-1]
    loss = cross_entropy(scores, torch.tensor(labels), reduction="sum")
    loss = loss + l2 / 2 * weight[:-1].square().sum()
    return loss, torch.autograd.grad(loss, weight)[0]


@pytest.mark.parametrize("l2", [0.1, 1.0, 30.0])
def test_logistic_regression_ends_where_the_gradient_is_zero(blobs, l2):
    """The loss is convex, so that is its minimum."""
    model = LogisticRegression.fit(*blobs, 3, l2)
    _, gradient = penalised_loss(model, *blobs, l2)
    assert gradient.abs().max() < 1e-2
    assert (model.predict(blobs[0]) == blobs[1]).mean() > 0.5


def test_logistic_regression_does_not_mind_units(blobs):
    x, labels = blobs
    ours = LogisticRegression.fit(x, labels, 3, 1.0).predict(x)
    scaled = LogisticRegression.fit(100 * x + 7, labels, 3, 1.0).predict(100 * x + 7)
    assert (ours == scaled).all()


@pytest.fixture
def files(tables, pieces, tmp_path):
    pieces.save(tmp_path / "vocabulary")
    torch.manual_seed(0)
    Encoder(ENCODER, len(pieces)).save(tmp_path / "base")
    inputs = {"vocabulary": tmp_path / "vocabulary", "pairs": tables["pairs"]}
    cfg, out = RotationParams(pairs=20), tmp_path / "rotations"
    fit_rotations(cfg=cfg, model=tmp_path / "base", rotations=out, **inputs)
    return inputs | {"messages": tables["messages"], "base": tmp_path / "base", "rotations": out}


def ask_frozen(files, answers):
    names = ("vocabulary", "messages", "base", "rotations")
    transfer_frozen(
        cfg=TransferParams(messages=20),
        seed=2,
        aligned=[files["base"]],
        names=["same"],
        answers=answers,
        **{name: files[name] for name in names},
    )


def test_every_system_is_asked_in_every_language(files, tmp_path):
    ask_frozen(files, tmp_path / "answers")
    table = pd.read_parquet(tmp_path / "answers")
    assert list(table.columns) == list(TRANSFER)
    test = pd.read_parquet(files["messages"]).query("split == 'test'")
    systems = {"base", "same", "word_rotation", "sentence_rotation", "translate_train", "majority"}
    assert set(table["system"]) == systems
    for (_, language), part in table.groupby(["system", "language"]):
        of_language = test[test["language"] == language]
        assert part["message_id"].tolist() == of_language["message_id"].tolist()
    right = {name: part["right"].tolist() for name, part in table.groupby("system")}
    assert right["same"] == right["base"]
    assert right["word_rotation"] != right["base"]
    english = table[table["language"] == "en"].groupby("system")["right"].apply(list)
    assert english["translate_train"] == english["base"] == english["word_rotation"]
    train = pd.read_parquet(files["messages"]).query("split == 'train' and language == 'en'")
    most = train["label"].iloc[:20].mode()[0]
    majority = table.query("system == 'majority' and language == 'yy'")["right"].tolist()
    assert majority == (test[test["language"] == "yy"]["label"] == most).tolist()


def tune_files(files, answers, **changes):
    inputs = {name: files[name] for name in ("vocabulary", "messages", "pairs")}
    options = {"seed": 1, "system": "mine", "language": "en", "model": files["base"]}
    cfg = TUNING.model_copy(update=changes)
    transfer_tuned(cfg=cfg, answers=answers, **options, **inputs)
    return pd.read_parquet(answers)


def test_every_protocol_asks_every_language_and_repeats(files, tmp_path):
    table, _ = (tune_files(files, tmp_path / run, epochs=1) for run in ("one", "other"))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    asked = table[["protocol", "language"]].drop_duplicates()
    assert len(asked) == 3 * 3
    assert set(table["system"]) == {"mine"}


def test_tuning_learns_english(files, tmp_path):
    table = tune_files(files, tmp_path / "answers", protocols=("full",), epochs=12)
    messages = pd.read_parquet(files["messages"]).query("language == 'en' and split == 'test'")
    most = messages["label"].value_counts(normalize=True).max()
    assert table[table["language"] == "en"]["right"].mean() > most + 0.15


def test_translate_train_asks_its_own_language_alone(files, tmp_path):
    inputs = {name: files[name] for name in ("vocabulary", "messages", "pairs")}
    cfg = TUNING.model_copy(update={"protocols": ("light",)})
    options = {"seed": 1, "system": "translate_train", "language": "xx", "model": files["base"]}
    transfer_tuned(cfg=cfg, answers=tmp_path / "answers", **options, **inputs)
    assert set(pd.read_parquet(tmp_path / "answers")["language"]) == {"xx"}


@pytest.mark.parametrize("pooling", ["first", "mean"])
def test_a_classifier_sees_the_pooled_states(files, pieces, pooling):
    task = Task(files["messages"], pieces, TUNING)
    classifier = Classifier(Encoder.load(files["base"]), 2, pooling).eval()
    asked = task.test("xx")
    found = predict(classifier, asked)
    batches = TuningBatches(asked, None, TUNING, 0)
    batch = batches.batch_at(1)
    states = classifier.encoder(batch.messages).split(batch.messages.lengths.tolist())
    pooled = [s[0] if pooling == "first" else s[1:-1].mean(0) for s in states]
    scores = torch.stack(pooled) @ classifier.output.weight.T + classifier.output.bias
    torch.testing.assert_close(classifier(batch.messages), scores)
    rows = batches._epochs.items_at(1)
    assert found[rows].tolist() == scores.argmax(1).tolist()
    assert batch.labels.tolist() == asked.labels[rows].tolist()


def test_missing_messages_are_named(files, pieces):
    with pytest.raises(DataError, match="none to dev in yy"):
        Task(files["messages"], pieces, TransferParams(split="dev")).test("yy")


def test_a_gpu_answers_the_same(files, same_on_a_gpu):
    same_on_a_gpu(lambda folder: ask_frozen(files, folder / "answers"))


def test_a_gpu_tunes_to_the_same_answers(files, same_on_a_gpu):
    same_on_a_gpu(lambda folder: tune_files(files, folder / "answers", epochs=1))

"""Ranks by definition, the authors' similarity by their script, and the stage's table."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from pydantic import ValidationError
from tests.contextual.toy import ENCODER

from crosstalk.alignment.csls import rank_of_counterparts
from crosstalk.contextual.analyses import analyse_contextual
from crosstalk.contextual.bitext import read_bitext
from crosstalk.contextual.encoder import Encoder
from crosstalk.contextual.links import QUERIES
from crosstalk.contextual.retrieval import ranks_of, retrieve_words
from crosstalk.contextual.rotation import Rotation, fit_rotations, load_rotations
from crosstalk.contextual.tables import RANKS, TRANSFER
from crosstalk.contextual.vectors import sentence_vectors, subword_vectors
from crosstalk.errors import DataError, ParameterError
from crosstalk.evaluation.answers import read_items
from crosstalk.params.contextual import AlignParams, RetrievalParams, RotationParams
from crosstalk.params.evaluation import EvaluationParams

_path = Path(__file__).parent.parent / "alignment" / "reference.py"
_spec = importlib.util.spec_from_file_location("reference", _path)
reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reference)


@pytest.fixture
def sides():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(40, 5, generator=generator) * torch.linspace(0.2, 3, 40).unsqueeze(1)
    return x, x + 0.8 * torch.randn(40, 5, generator=generator)


def rank_by_hand(scores):
    """How many candidates score at least as much as the right one, for each query."""
    return [sum(s >= row[i] for s in row) for i, row in enumerate(scores)]


def authors_scores(x, y, k):
    """Their `normalize`, `hubness_CSLS` and `bestk_idx_CSLS`, written again from the description.

    One norm divides whatever it is given: a matrix by its Frobenius norm, a query by its own.
    """

    def normalize(vectors):
        return vectors / np.linalg.norm(vectors)

    hub = np.sort(normalize(x) @ normalize(y).T, axis=0)[-k:].mean(0)
    return [2 * normalize(y) @ normalize(query) - hub for query in x]


@pytest.mark.parametrize("k", [1, 10, 60])
def test_csls_ranks_are_those_of_its_definition(sides, k):
    expected = rank_by_hand(reference.csls_table(*(s.double().numpy() for s in sides), k))
    assert ranks_of(*sides, "csls", neighbours=k).tolist() == expected
    assert len(set(expected)) > 5


def test_cosine_ranks_are_those_of_its_definition(sides):
    x, y = (side.double().numpy() for side in sides)
    expected = rank_by_hand([[reference.cosine(a, b) for b in y] for a in x])
    assert ranks_of(*sides, "cosine", neighbours=10).tolist() == expected


def test_the_scalar_variant_is_the_authors(sides):
    expected = rank_by_hand(authors_scores(*(s.double().numpy() for s in sides), 10))
    assert ranks_of(*sides, "scalar", neighbours=10).tolist() == expected
    assert ranks_of(*sides, "csls", neighbours=10).tolist() != expected


@pytest.mark.parametrize("block_bytes", [1, 700, 10**6])
def test_ranks_do_not_depend_on_the_block(sides, block_bytes):
    density = torch.linspace(0, 1, 40)
    scores = (2 * sides[0] @ sides[1].T - density).tolist()
    ranks = rank_of_counterparts(*sides, density, block_bytes=block_bytes)
    assert ranks.tolist() == rank_by_hand(scores)


def test_a_tie_counts_against_the_answer():
    x = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    assert ranks_of(x, x, "cosine", neighbours=1).tolist() == [2, 1, 2]


def test_vectors_of_all_sentences_are_those_of_each_alone(pieces, monkeypatch):
    monkeypatch.setitem(
        importlib.import_module("crosstalk.contextual.vectors").SUBWORDS_AT_ONCE, "cpu", 20
    )
    torch.manual_seed(0)
    encoder = Encoder(ENCODER, len(pieces))
    sentences = [["open", "file"], ["big"], ["the", "table", "page", "all", "a", "my"], ["new"]] * 3
    states = subword_vectors(encoder, pieces.cut(sentences), [0, 2])
    means = sentence_vectors(encoder, pieces.cut(sentences))
    start = 0
    for row, sentence in enumerate(sentences):
        alone = subword_vectors(encoder, pieces.cut([sentence]), [0, 2])
        size = alone.shape[1]
        torch.testing.assert_close(states[:, start : start + size], alone)
        torch.testing.assert_close(means[row], alone[1, 1:-1].mean(0))
        start += size


@pytest.mark.parametrize("centre", [False, True])
def test_a_planted_rotation_is_found(centre):
    generator = torch.Generator().manual_seed(0)
    turn = torch.linalg.qr(torch.randn(6, 6, generator=generator)).Q
    x = torch.randn(200, 6, generator=generator)
    shift = 3.0 * centre
    rotation = Rotation.fit(x - shift, x @ turn.T + shift, centre=centre)
    torch.testing.assert_close(rotation.rotation, turn, atol=1e-5, rtol=0)
    torch.testing.assert_close(rotation.apply(x - shift), x @ turn.T + shift, atol=1e-4, rtol=0)


@pytest.fixture
def files(tables, pieces, tmp_path):
    pieces.save(tmp_path / "vocabulary")
    for seed, name in enumerate(("base", "aligned")):
        torch.manual_seed(seed)
        Encoder(ENCODER, len(pieces)).save(tmp_path / name)
    paths = {name: tmp_path / name for name in ("vocabulary", "base", "rotations")}
    fit_rotations(
        cfg=RotationParams(pairs=30),
        vocabulary=paths["vocabulary"],
        model=paths["base"],
        pairs=tables["pairs"],
        rotations=paths["rotations"],
    )
    return paths | {"pairs": tables["pairs"], "aligned": [tmp_path / "aligned"]}


def test_rotations_are_orthogonal_and_come_back(files, tmp_path):
    rotations = load_rotations(files["rotations"])
    kinds = [(kind, language) for kind in ("sentence", "word") for language in ("xx", "yy")]
    assert list(rotations) == kinds
    for rotation in rotations.values():
        W = rotation.rotation
        torch.testing.assert_close(W @ W.T, torch.eye(len(W)), atol=1e-5, rtol=0)
    (tmp_path / "broken").write_bytes(b"no tensors")
    with pytest.raises(DataError, match="holds no rotations"):
        load_rotations(tmp_path / "broken")


def numbered_by_hand(pairs, ends):
    numbers, word, end = [], 0, -1
    for links in pairs["english_links"]:
        for _ in links:
            numbers.append(word)
            word += 1
        if ends:
            numbers += [end, end - 1]
            end -= 2
    return numbers


@pytest.mark.parametrize("ends", [False, True])
def test_ranks_are_analysed_with_and_without_ends(files, tmp_path, ends):
    """[CLS] and [SEP] change no table of words but for the candidates that they are."""
    retrieve_words(
        cfg=RetrievalParams(ends=ends), seed=0, names=["aligned"], ranks=tmp_path / "r", **files
    )
    pairs = pd.read_parquet(files["pairs"])
    queries = []
    for language, part in pairs.groupby("language"):
        messages = part["message_id"].repeat(part["english_links"].str.len())
        known = {"english": "e", "foreign": "f", "kind": "open", "seen": True, "rank_gap": 0}
        of = pd.DataFrame({"language": language, "message_id": messages, **known})
        queries.append(of.assign(query=range(len(of))))
    pd.concat(queries)[list(QUERIES)].to_parquet(tmp_path / "q")
    told = [
        (system, 0, "frozen", language, message, True)
        for system in ("base", "aligned", "word_rotation", "sentence_rotation")
        for language in ("en", "xx", "yy")
        for message in ("m1", "m2")
    ]
    pd.DataFrame(told, columns=TRANSFER).to_parquet(tmp_path / "t")
    analyse_contextual(
        cfg=EvaluationParams(resamples=100),
        corpora="ours",
        names=["aligned"],
        pairs=[10],
        alignment=AlignParams(),
        train=files["pairs"],
        queries=tmp_path / "q",
        ranks=[tmp_path / "r"],
        transfers=[tmp_path / "t"],
        answers=tmp_path / "a",
        measures=tmp_path / "m",
        related=tmp_path / "p",
    )
    items = read_items(tmp_path / "a").query("row == 'aligned'").groupby(["table", "column"])
    ranks = pd.read_parquet(tmp_path / "r").query("system == 'aligned' and similarity == 'csls'")
    ranks = ranks[ranks["direction"] == "to_english"]
    right = items["correct"].sum()
    assert right["retrieval", "avg"] == (ranks.query("query >= 0")["rank"] == 1).sum()
    assert len(items.get_group(("retrieval", "avg"))) == pairs["english_links"].str.len().sum()
    column = ("readings", "with [CLS] and [SEP]")
    assert (column in items.groups) == ends
    if ends:
        assert right[column] == (ranks["rank"] == 1).sum()
        clusters = items.get_group(column).groupby("cluster").size()
        length = pairs["english_links"].str.len().groupby(pairs["message_id"]).sum()
        expected = length + 2 * pairs["message_id"].value_counts()
        assert clusters.to_dict() == expected.to_dict()


def test_the_tables_need_csls():
    with pytest.raises(ValidationError, match="similarities=cosine scalar lacks csls"):
        RetrievalParams(similarities=("cosine", "scalar"))


@pytest.mark.parametrize("ends", [False, True])
def test_the_table_holds_every_answer(files, pieces, tmp_path, ends):
    cfg = RetrievalParams(layers="all", ends=ends, similarities=("csls", "cosine"))
    retrieve_words(cfg=cfg, seed=3, names=["mine"], ranks=tmp_path / "ranks", **files)
    table = pd.read_parquet(tmp_path / "ranks")
    assert list(table.columns) == list(RANKS)
    pairs = pd.read_parquet(files["pairs"])
    asked = pairs["english_links"].str.len() + 2 * ends
    per_language = asked.groupby(pairs["language"]).sum()
    layers = {"base": 3, "mine": 3, "word_rotation": 1, "sentence_rotation": 1}
    for (system, language), part in table.groupby(["system", "language"]):
        assert len(part) == 3 * layers[system] * per_language[language]  # by CSLS both ways
        sentences = 2 * ends * (pairs["language"] == language).sum()
        assert part["query"].max() == per_language[language] - sentences - 1
        assert part["query"].min() == -sentences
        assert part["rank"].between(1, per_language[language]).all()
    assert set(table["system"]) == set(layers)

    # One cell again: last layer of the aligned encoder, from its vectors, sentence by sentence.
    bitext = read_bitext(files["pairs"], pieces, ends=ends)
    encoder = Encoder.load(files["aligned"][0])
    rows = bitext.linked_rows(bitext.pairs_of("yy"))
    x, y = (
        subword_vectors(encoder, side, [2])[0][chosen]
        for side, chosen in zip((bitext.foreign, bitext.english), rows, strict=True)
    )
    cell = table.query("system == 'mine' and language == 'yy' and layer == 2")
    cell = cell[cell["direction"] == "from_english"]
    assert set(cell["similarity"]) == {"csls"}
    assert cell["query"].tolist() == numbered_by_hand(pairs[pairs["language"] == "yy"], ends)
    assert cell["rank"].tolist() == ranks_of(y, x, "csls", neighbours=10).tolist()


def test_each_model_needs_a_name(files, tmp_path):
    with pytest.raises(ParameterError, match="1 aligned models need as many names"):
        retrieve_words(
            cfg=RetrievalParams(), seed=0, names=["a", "b"], ranks=tmp_path / "r", **files
        )


def test_a_gpu_ranks_the_same(files, same_on_a_gpu):
    cfg = RetrievalParams(layers="all", similarities=("csls", "cosine"))
    same_on_a_gpu(
        lambda folder: retrieve_words(
            cfg=cfg, seed=3, names=["mine"], ranks=folder / "ranks", **files
        )
    )


def test_a_gpu_fits_the_same_rotations(files, tables, same_on_a_gpu):
    inputs = {"vocabulary": files["vocabulary"], "model": files["base"], "pairs": tables["pairs"]}
    same_on_a_gpu(
        lambda folder: fit_rotations(
            cfg=RotationParams(pairs=30), rotations=folder / "rotations", **inputs
        )
    )

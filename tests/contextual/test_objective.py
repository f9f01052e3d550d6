"""The alignment loss against torch's own mean squared error on one language at a time."""

import copy

import pandas as pd
import pytest
import torch
from tests.contextual.toy import ENCODER
from torch.nn.functional import mse_loss

from crosstalk.contextual.alignment import align_contextual, freeze
from crosstalk.contextual.bitext import pairs_used, read_bitext, word_places
from crosstalk.contextual.encoder import Encoder, Packed
from crosstalk.contextual.objective import PairBatches, alignment_loss
from crosstalk.contextual.retrieval import ranks_of
from crosstalk.contextual.vectors import subword_vectors
from crosstalk.errors import DataError
from crosstalk.params.contextual import AlignParams


@pytest.fixture
def models(pieces):
    """A model that has moved away from its frozen start; no dropout."""
    torch.manual_seed(0)
    cfg = ENCODER.model_copy(update={"dropout": 0.0})
    frozen = freeze(Encoder(cfg, len(pieces)))
    return Encoder(cfg, len(pieces)), frozen


def encode(encoder, pieces, words):
    """Hidden states of one sentence."""
    subwords = pieces.cut([words])
    ids = torch.from_numpy(subwords.ids).long()
    return encoder(Packed(ids, torch.tensor([len(ids)]), len(ids))), subwords


def authors_loss(encoder, frozen, pieces, drawn, *, ends, weight, target="frozen", words=True):
    """The script handed out with Cao et al. 2020, in its own order: languages, then sentences."""
    loss = 0
    for _, pairs in drawn.groupby("language"):
        pulled, to, english, before = [], [], [], []
        for pair in pairs.itertuples():
            foreign_states, foreign = encode(encoder, pieces, pair.foreign)
            states, side = encode(encoder, pieces, pair.english)
            old, _ = encode(frozen, pieces, pair.english)
            goal = states if target == "live" else old
            for i, j in zip(pair.foreign_links, pair.english_links, strict=True):
                if words:
                    pulled.append(foreign_states[foreign.last[i]])
                    to.append(goal[side.last[j]])
            if ends:
                pulled += [foreign_states[0], foreign_states[-1]]
                to += [goal[0], goal[-1]]
            every = [0, *side.last.tolist(), len(states) - 1]
            english += [states[place] for place in every]
            before += [old[place] for place in every]
        loss = loss + mse_loss(torch.stack(pulled), torch.stack(to))
        loss = loss + weight * mse_loss(torch.stack(english), torch.stack(before))
    return loss


def drawn_pairs(table, batches, step):
    rows = torch.cat([epochs.items_at(step) for epochs in batches._epochs])
    return table.iloc[rows.numpy()]


@pytest.mark.parametrize("weight", [0.0, 0.7])
@pytest.mark.parametrize("target", ["frozen", "live"])
@pytest.mark.parametrize(
    "linked", [{"ends": True}, {"ends": False}, {"words": False, "ends": True}]
)
def test_the_loss_is_the_authors(tables, pieces, models, weight, target, linked):
    encoder, frozen = models
    batches = PairBatches(read_bitext(tables["pairs"], pieces, **linked), 3, 0, subword="last")
    pairs = drawn_pairs(pd.read_parquet(tables["pairs"]), batches, 4)
    options = {"target": target, "regularisation": weight}
    ours = alignment_loss(encoder, frozen, batches.batch_at(4), **options)
    theirs = authors_loss(encoder, frozen, pieces, pairs, target=target, weight=weight, **linked)
    torch.testing.assert_close(ours, theirs)
    parameters = [p for n, p in encoder.named_parameters() if "layers" in n or "position" in n]
    gradients = [torch.autograd.grad(loss, parameters) for loss in (ours, theirs)]
    torch.testing.assert_close(*gradients, atol=1e-6, rtol=1e-4)


def test_two_numbers_by_hand():
    """One language, two links of weight 1/2; English token 1 moved by (2, 0), token 0 not."""
    from crosstalk.contextual.objective import PairBatch, hold, pull

    none, half = torch.zeros(0, dtype=torch.int64), torch.full((2,), 0.5)
    rows = {"english_linked": torch.tensor([0, 1]), "foreign_linked": torch.tensor([2, 3])}
    sentences = Packed(none, none, 0)
    batch = PairBatch(sentences, sentences, *rows.values(), half, torch.tensor([0, 1]), half)
    before = torch.tensor([[0.0, 0.0], [1.0, 1.0]])
    now = torch.tensor([[0.0, 0.0], [3.0, 1.0], [3.0, 4.0], [1.0, 1.0]])
    assert pull(now, before, batch) == 0.5 * (9 + 16) / 2
    assert pull(now, now, batch) == 0.5 * (9 + 16) / 2 + 0.5 * 4 / 2
    assert hold(now, before, batch) == 0.5 * 4 / 2


def test_gradients_reach_the_model_and_not_the_frozen_one(tables, pieces, models):
    encoder, frozen = models
    old = copy.deepcopy(frozen.state_dict())
    batches = PairBatches(read_bitext(tables["pairs"], pieces), 3, 0, subword="last")
    options = {"target": "frozen", "regularisation": 1.0}
    alignment_loss(encoder, frozen, batches.batch_at(0), **options).backward()
    assert encoder.subword.weight.grad.abs().sum() > 0
    assert all(p.grad is None for p in frozen.parameters())
    assert all(torch.equal(value, old[name]) for name, value in frozen.state_dict().items())
    assert not frozen.training


def test_every_update_has_as_many_pairs_of_each_language(tables, pieces):
    """The shorter language starts again when it ends."""
    batches = PairBatches(read_bitext(tables["pairs"], pieces), 10, 0, subword="last")
    table = pd.read_parquet(tables["pairs"])
    assert batches.steps == 6
    seen = {"xx": [], "yy": []}
    for step in range(batches.steps):
        for language, pairs in drawn_pairs(table, batches, step).groupby("language"):
            assert len(pairs) == 10
            seen[language] += pairs["message_id"].tolist()
    assert len(set(seen["xx"])) == 60
    assert len(set(seen["yy"])) == 50


def test_random_links_are_as_many_but_wrong(tables, pieces):
    bitext = read_bitext(tables["pairs"], pieces, ends=True)
    right, wrong = (
        PairBatches(bitext, 20, 0, subword="last", shuffled=s).batch_at(1) for s in (False, True)
    )
    assert torch.equal(right.foreign_linked, wrong.foreign_linked)
    first = int((right.link_weight == right.link_weight[0]).sum())  # links of the first language
    for part in (slice(0, first), slice(first, None)):
        ours, theirs = right.english_linked[part], wrong.english_linked[part]
        assert sorted(ours.tolist()) == sorted(theirs.tolist())
        assert (ours == theirs).float().mean() < 0.1


def test_first_or_last_subword_stands_for_a_word(pieces):
    subwords = pieces.cut([["open", "thefilepage"], ["big"]])
    for subword in ("first", "last"):
        places = word_places(subwords, subword=subword, ends=True)
        expected = getattr(subwords, subword).tolist()
        ends = subwords.lengths - 1
        found, _ = places.take(torch.arange(2))
        assert found.tolist() == [*expected[:2], 0, ends[0], expected[2], 0, ends[1]]
    assert subwords.first[1] < subwords.last[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"english_links": [9]}, "english_links point beyond a message"),
        ({"foreign_links": [-1]}, "foreign_links point beyond a message"),
        ({"foreign_links": [0, 1]}, "more links on one side"),
        ({"english": ["a"] * 70}, "no sentence pair"),
    ],
)
def test_broken_pairs_are_named(pieces, tmp_path, change, message):
    row = {"language": "xx", "message_id": "m", "english": ["open", "file"], "foreign": ["α", "β"]}
    row |= {"english_links": [0], "foreign_links": [0]} | change
    pd.DataFrame([row]).to_parquet(tmp_path / "pairs")
    with pytest.raises(DataError, match=message):
        read_bitext(tmp_path / "pairs", pieces, max_words=64)


def test_the_stage_aligns_and_repeats(tables, pieces, tmp_path):
    torch.manual_seed(0)
    pieces.save(tmp_path / "vocabulary")
    Encoder(ENCODER, len(pieces)).save(tmp_path / "base")
    long = AlignParams(epochs=15, batch_pairs=10, learning_rate=1e-2)
    short = long.model_copy(update={"epochs": 1})
    inputs = {"vocabulary": tmp_path / "vocabulary", "model": tmp_path / "base"}
    for name, cfg in {"aligned": long, "one": short, "other": short}.items():
        out = {"aligned": tmp_path / name, "history": tmp_path / f"{name}.csv"}
        align_contextual(cfg=cfg, amount="all", seed=0, pairs=tables["pairs"], **inputs, **out)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    found = {name: accuracy(tmp_path / name, tables, pieces) for name in ("base", "aligned")}
    assert found["base"] < 0.2
    assert found["aligned"] > 0.5


@pytest.mark.parametrize(("limit", "longest"), [(1, 64), (55, 64), (60, 64), (99, 64), (99, 4)])
def test_pairs_counted_are_pairs_read(limit, longest, tables, pieces):
    bitext = read_bitext(tables["pairs"], pieces, pairs=limit, max_words=longest)
    read = max(len(bitext.pairs_of(language)) for language in bitext.languages)
    assert pairs_used(tables["pairs"], [limit], longest) == [read]


def test_an_amount_that_leaves_nothing_over_is_refused(tables, pieces, tmp_path):
    """`xx` has sixty pairs: sixty of them are all, and that is told before anything is read."""
    nothing = {name: tmp_path / name for name in ("vocabulary", "model", "aligned", "history")}
    for pairs in (60, 50_000):
        with pytest.raises(DataError, match=f"more than 60 pairs .* so {pairs} of them are all"):
            align_contextual(
                cfg=AlignParams(pairs=pairs),
                amount="fewer",
                seed=0,
                pairs=tables["pairs"],
                **nothing,
            )
    pieces.save(tmp_path / "vocabulary")
    Encoder(ENCODER, len(pieces)).save(tmp_path / "model")
    align_contextual(
        cfg=AlignParams(pairs=59), amount="fewer", seed=0, pairs=tables["pairs"], **nothing
    )


def accuracy(path, tables, pieces):
    """Share of the foreign words of `xx` whose nearest English word is the linked one."""
    bitext, encoder = read_bitext(tables["pairs"], pieces, pairs=20), Encoder.load(path)
    sides = zip(
        (bitext.foreign, bitext.english), bitext.linked_rows(bitext.pairs_of("xx")), strict=True
    )
    x, y = (subword_vectors(encoder, side, [ENCODER.layers])[0][rows] for side, rows in sides)
    return (ranks_of(x, y, "csls", neighbours=10) == 1).float().mean()


def test_pairs_that_all_languages_have_come_first(tables, pieces):
    """`yy` lacks the last ten messages, so the fifty others are kept, and drawn together."""
    bitext = read_bitext(tables["pairs"], pieces, pairs=50)
    assert len(bitext.english) == 50
    batch = PairBatches(bitext, 10, 0, subword="last").batch_at(3)
    assert len(batch.english.lengths) == 10
    assert len(batch.sentences.lengths) == 30


@pytest.mark.parametrize("frozen", [False, True])
def test_a_gpu_aligns_the_same(tables, pieces, tmp_path, same_on_a_gpu, frozen):
    pieces.save(tmp_path / "vocabulary")
    Encoder(ENCODER, len(pieces)).save(tmp_path / "base")
    cfg = AlignParams(epochs=1, batch_pairs=10)
    inputs = {"vocabulary": tmp_path / "vocabulary", "model": tmp_path / "base"}
    same_on_a_gpu(
        lambda folder: align_contextual(
            cfg=cfg, amount="all", seed=0, pairs=tables["pairs"],
            aligned=folder / "aligned", history=folder / "history", **inputs,
        )
    )  # fmt: skip

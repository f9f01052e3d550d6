"""Fine-tuning: which speech, which weights, which rates, and that it learns to write."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.xlsr.models import tiny
from tests.xlsr.planted import WIDTH, pack_letters, read_letters

from crosstalk.errors import DataError, ParameterError
from crosstalk.params.ctc import FinetuneParams, LabelParams
from crosstalk.seeds import derive_seed
from crosstalk.training import state as state_module
from crosstalk.xlsr import finetuning
from crosstalk.xlsr.ctc import CtcModel, ctc_loss, load_ctc, log_probabilities, save_ctc
from crosstalk.xlsr.decoding import best_path
from crosstalk.xlsr.finetuning import (
    batch_loss,
    choose_learning,
    finetune_ctc,
    settled_blocks,
    tri_stage,
)
from crosstalk.xlsr.labelled import LabelledBatches, shortened, with_labels
from crosstalk.xlsr.model import SpeechModel, build_model, load_model
from crosstalk.xlsr.pretraining import draw_xlsr
from crosstalk.xlsr.spec_augment import draw_spans
from crosstalk.xlsr.tokens import BLANK, Vocabulary

LABELS = LabelParams()
MODEL = tiny(inputs=WIDTH, context={"dimension": 32, "feed_forward": 64, "layers": 2})
CFG = FinetuneParams(
    updates=100,
    head_updates=0,
    batch_seconds=4.0,
    learning_rate=1e-2,
    channel_length=4,
    channel_share=0.1,
    time_share=0.1,
    time_length=2,
    least_spans=0,
    log_every=25,
)
CPU = torch.device("cpu")


@pytest.fixture
def letters(tmp_path):
    return read_letters(tmp_path)


def network(vocabulary, cfg=MODEL):
    torch.manual_seed(0)
    return CtcModel(build_model(cfg), vocabulary, "phones", LABELS)


def batches_of(labelled, vocabulary, seconds=4.0, seed=0):
    targets = [
        vocabulary.encode(row, language)
        for row, language in zip(labelled.labels, labelled.languages, strict=True)
    ]
    return LabelledBatches(labelled.speech, targets, batch_seconds=seconds, seed=seed, device=CPU)


# The loss


@pytest.mark.parametrize("seed", range(3))
def test_the_loss_is_minus_log_of_the_sum_over_all_paths(seed):
    generator = torch.Generator().manual_seed(seed)
    log_probs = torch.randn(2, 5, 3, generator=generator).log_softmax(-1)
    lengths, targets = torch.tensor([5, 4]), [[1, 1], [2, 1, 2]]
    expected = 0.0
    for row, length, labels in zip(log_probs, lengths, targets, strict=True):
        total = 0.0
        for path in itertools.product(range(3), repeat=int(length)):
            if [k for k, _ in itertools.groupby(path) if k != BLANK] == labels:
                total += math.exp(sum(row[t, k].item() for t, k in enumerate(path)))
        expected -= math.log(total)
    found = ctc_loss(log_probs, lengths, torch.tensor([1, 1, 2, 1, 2]), torch.tensor([2, 3]))
    assert found.item() == pytest.approx(expected, rel=1e-5)


def test_a_row_that_cannot_hold_its_labels_does_not_spoil_the_others():
    log_probs = torch.zeros(2, 3, 3).log_softmax(-1).requires_grad_()
    lengths, sizes = torch.tensor([3, 2]), torch.tensor([1, 3])
    both = ctc_loss(log_probs, lengths, torch.tensor([1, 1, 2, 1]), sizes)
    alone = ctc_loss(log_probs[:1], lengths[:1], torch.tensor([1]), sizes[:1])
    assert both.item() == pytest.approx(alone.item())
    both.backward()
    assert torch.isfinite(log_probs.grad).all()


# The speech


def test_labelled_speech_is_of_one_split_and_of_the_languages_asked_for(letters):
    labelled = with_labels(letters, ["it"], "train", "phones", LABELS)
    assert set(labelled.speech.cuts["split"]) == {"train"}
    assert set(labelled.languages) == {"it"}
    for index, row in enumerate(labelled.speech.cuts.itertuples()):
        assert " ".join(labelled.labels[index]) == row.phones


def test_frames_stay_with_their_utterance(letters):
    labelled = with_labels(letters, ["es", "it"], "train", "characters", LABELS)
    index_of = {identity: index for index, identity in enumerate(letters.cuts["id"])}
    for index, identity in enumerate(labelled.speech.cuts["id"]):
        expected = letters.frames_of(index_of[identity])
        assert torch.equal(labelled.speech.frames_of(index), expected)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    letters = read_letters(tmp_path_factory.mktemp("letters"))
    return with_labels(letters, ["es", "it"], "train", "phones", LABELS)


@given(some=st.floats(0.01, 0.2), others=st.floats(0.01, 0.2))
def test_more_minutes_contain_fewer(labelled, some, others):
    small, large = (shortened(labelled, m).speech.cuts for m in sorted([some, others]))
    assert set(small["id"]) <= set(large["id"])
    for language, part in large.groupby("language"):
        assert part["seconds"].sum() >= 60 * max(some, others), language
        assert part["seconds"].iloc[:-1].sum() < 60 * max(some, others) + 1e-9


def test_what_is_not_there_is_named(letters):
    with pytest.raises(DataError, match=r"no train utterance of fr has phones.*have: es"):
        with_labels(letters, ["es", "fr"], "train", "phones", LABELS)
    spanish = with_labels(letters, ["es"], "train", "phones", LABELS)
    with pytest.raises(DataError, match=r"es has 0\.\d minutes, not 5: take less"):
        shortened(spanish, 5)


def test_speech_without_a_transcript_or_with_digits_has_no_labels(letters):
    letters.cuts.loc[:9, ["text", "phones"]] = ["", ""]
    letters.cuts.loc[10, "text"] = "ab 12"
    phones, characters = (
        set(with_labels(letters, ["es", "it"], "train", kind, LABELS).speech.cuts["id"])
        for kind in ("phones", "characters")
    )
    assert not phones & {f"u{i}" for i in range(10)}
    assert phones - characters == {"u10"}


def test_an_epoch_has_every_utterance_once_in_an_order_of_its_own(letters):
    labelled = with_labels(letters, ["es", "it"], "train", "phones", LABELS)
    vocabulary = Vocabulary.fit(zip(labelled.languages, labelled.labels, strict=True), "shared")
    batches = batches_of(labelled, vocabulary, seconds=4.0)
    epochs = [
        np.concatenate(
            [batches.plan[batches.place_of(e * len(batches) + i)] for i in range(len(batches))]
        )
        for e in range(2)
    ]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(len(labelled.labels)))
    assert epochs[0].tolist() != epochs[1].tolist()
    for number in range(len(batches)):
        batch = batches(number)
        assert batch.audio.shape[0] * batch.audio.shape[1] <= 400  # input frames in 4 s
        again = batches_of(labelled, vocabulary, seconds=4.0)(number)
        assert torch.equal(batch.audio, again.audio)
        assert torch.equal(batch.targets, again.targets)
        rows = batch.targets.split(batch.target_lengths.tolist())
        for row, index in zip(rows, batches.plan[batch.place], strict=True):
            written = vocabulary.decode(row.tolist(), labelled.languages[index])
            assert written == labelled.labels[index]


# The masks


@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=6),
    st.floats(0, 0.9),
    st.integers(1, 12),
    st.integers(0, 2),
)
def test_masked_spans_are_whole_and_lie_inside_their_row(extents, share, length, at_least):
    torch.manual_seed(0)
    extents = torch.tensor(extents)
    masks = draw_spans(extents, 60, share=share, length=length, at_least=at_least)
    for mask, extent in zip(masks.tolist(), extents.tolist(), strict=True):
        assert not any(mask[extent:])
        runs = [len(list(run)) for masked, run in itertools.groupby(mask) if masked]
        assert all(run >= length for run in runs)
        fitting = max(extent - length, 0)
        assert sum(runs) <= length * min(max(share / length * extent + 1, at_least), fitting)
        assert bool(runs) or fitting == 0 or at_least == 0


def test_the_masked_share_is_that_of_spans_that_overlap_at_random():
    torch.manual_seed(0)
    masks = draw_spans(torch.full((400,), 300), 300, share=0.65, length=10, at_least=2)
    # 19.5 spans of 290 starts; a place far from the ends is under any of ten starts.
    expected = 1 - np.mean([math.comb(280, n) / math.comb(290, n) for n in (19, 20)])
    assert masks[:, 20:280].float().mean().item() == pytest.approx(expected, abs=0.01)


# The weights


def grown(model, batch, *, head_only=False):
    batch_loss(model, model.speech, batch, CFG, head_only=head_only).loss.backward()
    return {name for name, p in model.named_parameters() if p.grad is not None and p.grad.any()}


@pytest.fixture
def batch(letters):
    labelled = with_labels(letters, ["es"], "train", "phones", LABELS)
    vocabulary = Vocabulary.fit(zip(labelled.languages, labelled.labels, strict=True), "shared")
    return vocabulary, batches_of(labelled, vocabulary)(0)


def test_each_protocol_teaches_what_it_says(batch):
    """Also of a model whose pretraining left the convolutions as they were drawn."""
    vocabulary, batch = batch
    still = MODEL.model_copy(
        update={"encoder": MODEL.encoder.model_copy(update={"gradient_scale": 0.0})}
    )
    learning = {}
    for protocol, top in (("all", 0), ("full", 0), ("frozen", 1), ("frozen", 0)):
        model = network(vocabulary, still).train()
        choose_learning(model, protocol, top)
        learning[protocol, top] = grown(model, batch)
    head = {"head.weight", "head.bias"}
    assert learning["frozen", 0] == head
    last = {name for name in learning["all", 0] if name.startswith("speech.context.blocks.1.")}
    norm = {"speech.context.norm.weight", "speech.context.norm.bias"}
    assert learning["frozen", 1] == head | last | norm
    encoder = {name for name in learning["all", 0] if name.startswith("speech.encoder.")}
    assert encoder
    assert learning["full", 0] == learning["all", 0] - encoder
    assert "speech.mask_vector" in learning["full", 0]


def test_at_first_the_head_alone_learns(batch):
    vocabulary, batch = batch
    model = network(vocabulary).train()
    choose_learning(model, "full", 0)
    assert grown(model, batch, head_only=True) == {"head.weight", "head.bias"}


@pytest.mark.usefixtures("own_state")
def test_the_first_updates_leave_the_rest_as_it_was(tmp_path):
    drawn, both = (
        load_ctc(finetune(tmp_path, name, CFG.model_copy(update=change))[0]).speech.state_dict()
        for name, change in (
            ("head", {"updates": 3, "head_updates": 3}),
            ("both", {"updates": 3, "head_updates": 2}),
        )
    )
    untouched = load_model(tmp_path / "drawn.safetensors")
    generator = torch.Generator().manual_seed(derive_seed(0, "top blocks"))
    untouched.reinitialise_top(1, generator)
    same = [name for name, tensor in untouched.state_dict().items() if torch.equal(tensor, drawn[name])]  # fmt: skip
    assert len(same) == len(drawn)
    moved = [name for name, tensor in both.items() if not torch.equal(tensor, drawn[name])]
    assert any(name.startswith("context.blocks.0") for name in moved)


@pytest.mark.usefixtures("own_state")
@pytest.mark.parametrize("top", [0, 1])
def test_blocks_that_do_not_learn_run_but_once_and_change_nothing(tmp_path, monkeypatch, top):
    plain = {"time_share": 0.0, "channel_share": 0.0, "least_spans": 0, "updates": 12}
    cfg = CFG.model_copy(update=plain)
    ran = []
    encode = SpeechModel.encode
    monkeypatch.setattr(SpeechModel, "encode", lambda *a, **k: ran.append(1) or encode(*a, **k))
    asked = {"protocol": "frozen", "reinitialise_top": top}
    once, _ = finetune(tmp_path, "once", cfg, **asked)
    few = len(ran)
    monkeypatch.setattr(finetuning, "settled_blocks", lambda *_: 0)
    always, _ = finetune(tmp_path, "always", cfg, **asked)
    assert few < len(ran) - few == cfg.updates
    assert once.read_bytes() == always.read_bytes()


def test_what_is_random_or_learns_runs_every_time():
    plain = CFG.model_copy(update={"time_share": 0.0, "channel_share": 0.0, "least_spans": 0})
    model = build_model(MODEL)
    assert settled_blocks(model, "frozen", 1, plain) == 1
    assert settled_blocks(model, "full", 1, plain) == settled_blocks(model, "all", 1, plain) == 0
    for name in ("time_share", "channel_share", "head_dropout"):
        assert settled_blocks(model, "frozen", 1, plain.model_copy(update={name: 0.1})) == 0
    assert settled_blocks(model, "frozen", 1, plain.model_copy(update={"least_spans": 1})) == 0
    for name in ("dropout", "layer_drop"):
        context = MODEL.context.model_copy(update={name: 0.1})
        dropping = build_model(MODEL.model_copy(update={"context": context}))
        assert settled_blocks(dropping, "frozen", 1, plain) == 0


def test_rates_are_those_of_fairseqs_tri_stage_schedule():
    """Its defining formulas, at the ends of its stages (fairseq, tri_stage_lr_scheduler.py)."""
    cfg = FinetuneParams(updates=1000, learning_rate=3e-4)
    factor = tri_stage(cfg)
    rates = [cfg.learning_rate * factor(step) for step in range(1000)]
    assert rates[0] == pytest.approx(3e-6)
    assert rates[50] == pytest.approx(3e-6 + (3e-4 - 3e-6) * 50 / 100)
    assert rates[100:500] == pytest.approx([3e-4] * 400)
    assert rates[750] == pytest.approx(3e-4 * math.exp(math.log(0.05) * 250 / 500))
    assert rates[999] == pytest.approx(3e-4 * 0.05, rel=0.01)


@pytest.mark.parametrize("updates", [1, 2, 5])
def test_rates_of_the_shortest_schedules_are_positive_and_no_more_than_the_peak(updates):
    cfg = FinetuneParams(updates=updates)
    factor = tri_stage(cfg)
    assert all(0 < factor(step) <= 1 for step in range(updates))


# The stage


def finetune(folder, name, cfg=CFG, **changes):
    frames, cuts = pack_letters(folder)
    drawn = folder / "drawn.safetensors"
    draw_xlsr(cfg=MODEL, seed=0, model=drawn)
    model, history = folder / f"{name}.safetensors", folder / f"{name}.csv"
    asked = {
        "languages": ["es", "it"],
        "minutes": 0.2,
        "labels": "phones",
        "vocabulary": "shared",
        "protocol": "all",
        "reinitialise_top": 1,
        "seed": 0,
    }
    finetune_ctc(
        cfg=cfg,
        label_params=LABELS,
        pretrained=drawn,
        frames=frames,
        cuts=cuts,
        model=model,
        history=history,
        **asked | changes,
    )
    return model, history


@pytest.fixture
def own_state(tmp_path, monkeypatch):
    monkeypatch.setattr(state_module, "ROOT", tmp_path / "state")


@pytest.mark.usefixtures("own_state")
def test_it_learns_to_write_what_it_hears(tmp_path):
    model, history = finetune(tmp_path, "one")
    losses = [float(line.split(",")[2]) for line in history.read_text().splitlines()[1:]]
    assert losses[-1] < 0.3 < losses[0]
    letters = read_letters(tmp_path)
    heard = with_labels(letters, ["es", "it"], "test", "phones", LABELS)
    trained = load_ctc(model)
    right = 0
    for log_probs, labels in zip(
        log_probabilities(trained, heard.speech), heard.labels, strict=True
    ):
        right += trained.vocabulary.decode(best_path(log_probs), "es") == labels
    assert right >= 0.7 * len(heard.labels)


@pytest.mark.usefixtures("own_state")
def test_the_same_run_gives_the_same_bytes_and_another_seed_others(tmp_path):
    short = CFG.model_copy(update={"updates": 6})
    runs = {
        name: finetune(tmp_path, name, short, seed=seed)
        for name, seed in (("one", 0), ("two", 0), ("three", 1))
    }
    model, history = ({n: run[i].read_bytes() for n, run in runs.items()} for i in (0, 1))
    assert model["one"] == model["two"] != model["three"]
    assert history["one"] == history["two"] != history["three"]


@pytest.mark.usefixtures("own_state")
def test_separate_vocabularies_have_a_symbol_a_language(tmp_path):
    short = CFG.model_copy(update={"updates": 1})
    model, _ = finetune(tmp_path, "one", short, vocabulary="separate", labels="characters")
    symbols = load_ctc(model).vocabulary.symbols
    assert {symbol.partition(":")[0] for symbol in symbols} == {"es", "it"}
    assert "es:|" in symbols


def test_utterances_that_are_too_long_are_left_out(tmp_path):
    cfg = CFG.model_copy(update={"longest_seconds": 0.1})
    with pytest.raises(DataError, match="no train utterance of es it has phones"):
        finetune(tmp_path, "model", cfg)


@pytest.mark.usefixtures("own_state")
def test_more_blocks_than_there_are_cannot_be_drawn_anew(tmp_path):
    with pytest.raises(ParameterError, match=r"reinitialise_top=3 is more than the 2 blocks"):
        finetune(tmp_path, "one", reinitialise_top=3)


def test_models_are_read_as_they_were_written(tmp_path, batch):
    vocabulary, batch = batch
    model, path = network(vocabulary).eval(), tmp_path / "model"
    save_ctc(path, model)
    other = load_ctc(path)
    assert other.vocabulary == vocabulary
    with torch.inference_mode():
        ours, theirs = (m(batch.audio, batch.lengths)[0] for m in (model, other))
    assert torch.equal(ours, theirs)
    path.write_bytes(b"nothing")
    with pytest.raises(DataError, match="is not a fine-tuned model"):
        load_ctc(path)


def test_log_probabilities_do_not_depend_on_what_is_batched_together(letters, batch):
    vocabulary, _ = batch
    model = network(vocabulary)
    found = list(log_probabilities(model, letters))
    assert len(found) == len(letters)
    for index in (0, 7, len(letters) - 1):
        one = np.arange(len(letters)) == index
        (alone,) = log_probabilities(model, letters.select(one))
        assert torch.allclose(found[index], alone, atol=1e-5)


@pytest.mark.usefixtures("own_state")
@pytest.mark.parametrize(
    ("protocol", "labels"), [("all", "phones"), ("full", "characters"), ("frozen", "phones")]
)
def test_a_gpu_finetunes_the_same_model(same_on_a_gpu, protocol, labels):
    cfg = CFG.model_copy(update={"updates": 6, "head_updates": 2})
    same_on_a_gpu(lambda folder: finetune(folder, "one", cfg, protocol=protocol, labels=labels))

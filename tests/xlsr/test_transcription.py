"""Transcripts and the errors in them, counted against an edit distance written out."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.xlsr.models import tiny
from tests.xlsr.planted import WIDTH, pack_letters

from crosstalk.errors import ParameterError
from crosstalk.params.ctc import DecodeParams, FinetuneParams, LabelParams
from crosstalk.params.splits import SplitParams
from crosstalk.speech.packed import PackedSpeech
from crosstalk.training import state as state_module
from crosstalk.xlsr.finetuning import finetune_ctc
from crosstalk.xlsr.pretraining import draw_xlsr
from crosstalk.xlsr.tokens import SEPARATOR
from crosstalk.xlsr.transcription import count_errors, training_sentences, transcribe

symbols = st.lists(st.sampled_from(["a", "tʃ", "|", "d'"]), max_size=6)


def distance(reference, hypothesis):
    """Wagner and Fischer (1974), as it is taught."""
    table = np.zeros((len(reference) + 1, len(hypothesis) + 1), int)
    table[:, 0], table[0, :] = np.arange(table.shape[0]), np.arange(table.shape[1])
    for i, j in np.ndindex(len(reference), len(hypothesis)):
        table[i + 1, j + 1] = min(
            table[i, j + 1] + 1,
            table[i + 1, j] + 1,
            table[i, j] + (reference[i] != hypothesis[j]),
        )
    return table[-1, -1]


@given(symbols.filter(bool), symbols)
def test_errors_are_the_least_number_of_edits(reference, hypothesis):
    assert count_errors(reference, hypothesis) == distance(reference, hypothesis)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A model of phones of one language, and one of characters of two."""
    folder = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state_module, "ROOT", folder / "state")
        frames, cuts = pack_letters(folder)
        drawn = folder / "drawn"
        cfg = tiny(inputs=WIDTH, context={"dimension": 32, "feed_forward": 64, "layers": 1})
        draw_xlsr(cfg=cfg, seed=0, model=drawn)
        training = FinetuneParams(
            updates=80, head_updates=0, batch_seconds=4.0, learning_rate=1e-2, channel_share=0.0,
            time_share=0.0, least_spans=0,
        )  # fmt: skip
        for labels, languages in (("phones", ["es"]), ("characters", ["es", "it"])):
            finetune_ctc(
                cfg=training, label_params=LabelParams(), languages=languages, minutes=0,
                labels=labels, vocabulary="shared", protocol="all", reinitialise_top=0, seed=0,
                pretrained=drawn, frames=frames, cuts=cuts, model=folder / labels,
                history=folder / "history",
            )  # fmt: skip
    return folder, frames, cuts


def written(models, measure, *, model=None, messages=(), language="es"):
    folder, frames, cuts = models
    path = folder / "transcripts.parquet"
    transcribe(
        cfg=DecodeParams(beam=50), splits=SplitParams(), table="table_1", rows=["ours"],
        columns=[language], languages=[language], measures=[measure], split="test", seed=0,
        models=[folder / (model or ("phones" if measure == "PER" else "characters"))],
        frames=frames, cuts=cuts, messages=list(messages), transcripts=path,
    )  # fmt: skip
    return pd.read_parquet(path)


def test_phones_are_transcribed_with_their_errors(models):
    table = written(models, "PER")
    cuts = pd.read_parquet(models[2])
    mine = cuts[(cuts["split"] == "test") & (cuts["language"] == "es")]
    assert sorted(table["utterance"]) == sorted(mine["id"])
    said = dict(zip(cuts["id"], cuts["phones"], strict=True))
    assert [said[u] for u in table["utterance"]] == table["reference"].tolist()
    for row in table.itertuples():
        reference, hypothesis = row.reference.split(), row.hypothesis.split()
        assert (row.errors, row.length) == (distance(reference, hypothesis), len(reference))
    assert table["errors"].sum() < 0.4 * table["length"].sum()


def test_measures_of_characters_count_what_they_say(models):
    cer, bare, wer = (written(models, m) for m in ("CER", "CER without blanks", "WER"))
    assert (cer["length"] - bare["length"] == 1).all()  # of the two words of each utterance
    assert not bare["reference"].str.contains(SEPARATOR, regex=False).any()
    assert (wer["length"] == 2).all()
    spelt = cer["reference"].str.replace(" ", "").str.replace(SEPARATOR, " ", regex=False)
    assert spelt.tolist() == wer["reference"].tolist()
    said = cer["hypothesis"].str.replace(" ", "").str.replace(SEPARATOR, " ", regex=False)
    assert said.str.split().str.join(" ").tolist() == wer["hypothesis"].tolist()


def test_a_language_model_knows_the_words(models):
    folder, frames, cuts = models
    table = pd.read_parquet(cuts)
    texts = table["text"][(table["language"] == "es") & (table["split"] == "test")]
    path = folder / "messages.parquet"
    pd.DataFrame(
        {
            "message_id": [f"m{i}" for i in range(len(texts) + 2)],
            "source": "s",
            "domain": "d",
            "language": "es",
            "text": [*(f"{text} {text}" for text in texts), "dedede", "Dedede!"],
            "fold": np.array([0] * len(texts) + [99, 0], np.uint8),
        }
    ).to_parquet(path, index=False)
    found = written(models, "WER with LM", messages=[path])
    lexicon = {w for s in training_sentences(PackedSpeech.read(frames, cuts), [path], "es", SplitParams()) for w in s}  # fmt: skip
    assert {w for h in found["hypothesis"] for w in h.split()} <= lexicon
    assert "dedede" not in lexicon  # a test message, and one to train on that says the same
    greedy = written(models, "WER")
    assert found["errors"].sum() <= greedy["errors"].sum()


def test_a_model_is_asked_for_what_it_writes(models):
    with pytest.raises(ParameterError, match=r"CER is of characters, but .* writes phones"):
        written(models, "CER", model="phones")


def test_symbols_that_were_not_learnt_are_counted(models):
    folder, frames, cuts = models
    table = pd.read_parquet(cuts)
    table.loc[table["split"] == "test", "phones"] = "a x x"
    other = folder / "other.parquet"
    table.to_parquet(other, index=False)
    found = written((folder, frames, other), "PER")
    assert (found["unseen"] == 2).all()
    assert (found["errors"] >= 2).all()


def test_a_gpu_writes_the_same_transcripts(models, same_on_a_gpu):
    same_on_a_gpu(
        lambda folder: written(models, "PER").to_parquet(folder / "transcripts", index=False)
    )

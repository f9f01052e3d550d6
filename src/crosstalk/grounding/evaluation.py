"""What grounded and ungrounded models know of phones, of languages and of pictures.

Everything is asked about utterances of the test split, whose captions and pictures no model has
met; retrieval among training captions stands beside it to show that matching was learnt at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from crosstalk.evaluation.abx import language_errors, phone_errors
from crosstalk.evaluation.answers import write_items
from crosstalk.evaluation.shared_space import own_ranks, plane, recall_items
from crosstalk.grounding.captions import (
    Described,
    Halves,
    Variant,
    caption_audio,
    described,
    training_audio,
)
from crosstalk.grounding.model import GroundedSpeech, load_variants
from crosstalk.grounding.pictures import Pictures
from crosstalk.grounding.representations import (
    BATCH,
    Frames,
    cepstra,
    layers_of,
    log_mel,
    phone_tokens,
)
from crosstalk.grounding.written import as_trigrams
from crosstalk.params.grounding import AbxParams
from crosstalk.params.xlsr import XlsrModelParams
from crosstalk.segmentation.phones import read_phones
from crosstalk.speech.packed import PackedSpeech
from crosstalk.stage import Input, Output
from crosstalk.training.seeding import seed_everything
from crosstalk.xlsr.model import build_model

AUDIO, GROUNDED = "SSL_A", "VGS+"
VARIANTS: dict[Variant, str] = {
    "alone": AUDIO,
    "pictures": GROUNDED,
    "shuffled": f"{GROUNDED} shuffled",
    "text": f"{GROUNDED} text",
}
"""The paper's names of the two kinds of model, and those of our controls."""
CHANCE = "chance"
ERRORS = ("pair", "row", "column", "language", "seed", "cluster", "error")
"""Columns of the errors: language pair, model, what was measured, language, what is resampled."""
SPEECH_TO_PICTURE, PICTURE_TO_SPEECH = "speech to picture", "picture to speech"
SPEECH_TO_SPEECH, TRAINED = "speech to speech", "training captions"
TRAINING_QUERIES = 100
SHOWN = 2
"""Captions of each language and split in the examples."""
BEST = 5
"""Pictures that are shown for each."""


@dataclass(frozen=True)
class Condition:
    """A file of trained models: whose speech they heard, and how much of it."""

    kind: str
    """``mono``, ``bi``, ``half`` or ``disjoint``."""
    languages: tuple[str, ...]
    share: float
    halves: Halves
    models: dict[Variant, GroundedSpeech]


def evaluate_grounded(
    *,
    cfg: AbxParams,
    pair: str,
    seed: int,
    kinds: list[str],
    languages: list[str],
    models: list[Input],
    frames: Input,
    cuts: Input,
    pictures: Input,
    phones: Input,
    errors: Output,
    answers: Output,
    retrieved: Output,
    projection: Output,
) -> None:
    """Ask every model of one language pair; one of ``kinds`` must be ``bi`` (stage).

    ``kinds``, ``languages`` (joined by hyphens) and ``models`` run in parallel: one file of
    `train_grounded` each. ``errors`` are ABX errors (`ERRORS`): columns ``layer N`` of phones, and
    ``language``. ``answers`` are items of the table ``retrieval``. ``retrieved`` and ``projection``
    are examples of the bilingual grounded model.

    Raises
    ------
    DataError
        Test speech, captions or aligned phones are missing.

    """
    speech = PackedSpeech.read(frames, cuts)
    both = pair.split("-")
    test = (speech.cuts["split"] == "test") & speech.cuts["language"].isin(both)
    asked = speech.select(test)
    seen = Pictures.load(pictures)
    tokens = phone_tokens(read_phones(phones), asked)
    conditions = [
        _condition(kind, spoken, path)
        for kind, spoken, path in zip(kinds, languages, models, strict=True)
    ]
    bilingual = next(c for c in conditions if c.kind == "bi")
    drawn = bilingual.models["alone"].speech.cfg
    found = [_baselines(drawn, asked, tokens, both, seed, cfg)]
    items = []
    for condition in conditions:
        for variant, module in condition.models.items():
            row = row_name(condition.kind, variant)
            layers = layers_of(module.speech, asked)
            mine = [language for language in both if language in condition.languages]
            found.append(_errors(row, layers, asked, tokens, mine, cfg))
            if variant != "alone":
                items.append(_retrieval(row, condition, variant, speech, asked, seen))
    table = pd.concat(found, ignore_index=True).assign(pair=pair, seed=seed)
    table[list(ERRORS)].to_parquet(errors, index=False, compression="zstd")
    frame = pd.concat(items, ignore_index=True)
    chance = frame.drop_duplicates(["column", "cluster"]).drop(columns=["row", "correct"])
    chance = chance.rename(columns={"chance": "correct"}).assign(row=CHANCE)
    frame = pd.concat([frame.drop(columns="chance"), chance], ignore_index=True)
    write_items(frame.assign(table="retrieval", seed=seed), answers)
    _examples(bilingual, speech, asked, seen, retrieved, projection)


def row_name(kind: str, variant: Variant) -> str:
    """Name a model as tables do: ``mono VGS+``."""
    return f"{kind} {VARIANTS[variant]}"


def _condition(kind: str, languages: str, path: Path) -> Condition:
    share, halves = KINDS[kind]
    return Condition(kind, tuple(languages.split("-")), share, halves, load_variants(path))


KINDS: dict[str, tuple[float, Halves]] = {
    "mono": (1.0, "same"),
    "bi": (0.5, "same"),
    "half": (0.5, "same"),
    "disjoint": (0.5, "disjoint"),
}
"""Share of each language's speech, and which half, of every kind of model."""


def _baselines(
    drawn: XlsrModelParams,
    asked: PackedSpeech,
    tokens: pd.DataFrame,
    languages: Sequence[str],
    seed: int,
    cfg: AbxParams,
) -> pd.DataFrame:
    """Errors of log-mel energies, cepstra, and the model as it was drawn."""
    seed_everything(seed, "grounded speech")
    untrained = layers_of(build_model(drawn), asked)
    mel = log_mel(asked)
    plain = {"log-mel": mel, "MFCC": cepstra(mel)}
    parts = [
        _errors(row, [frames] * cfg.layer, asked, tokens, languages, cfg, only=True)
        for row, frames in plain.items()
    ]
    return pd.concat([*parts, _errors("untrained", untrained, asked, tokens, languages, cfg)])


def _errors(
    row: str,
    layers: Sequence[Frames],
    asked: PackedSpeech,
    tokens: pd.DataFrame,
    languages: Sequence[str],
    cfg: AbxParams,
    *,
    only: bool = False,
) -> pd.DataFrame:
    """Phone errors of every layer (``only``: of the chosen one) and language errors of that one."""
    parts = []
    for number, frames in enumerate(layers, start=1):
        if only and number != cfg.layer:
            continue
        for language in languages:
            mine = tokens[tokens["language"] == language]
            places = (mine[name].to_numpy() for name in ("utterance", "start", "end"))
            ranges = frames.ranges(*places)
            found = phone_errors(
                frames.vectors,
                *ranges.T,
                mine,
                context=cfg.context,
                tokens_per_cell=cfg.tokens_per_cell,
            )
            both = np.sort(found[["phone", "other"]].to_numpy(str), axis=1)
            found["cluster"] = [f"{a} {b}" for a, b in both]
            parts.append(
                found[["cluster", "error"]].assign(column=f"layer {number}", language=language)
            )
    chosen = layers[cfg.layer - 1].means()
    cuts = asked.cuts
    error = language_errors(chosen, cuts["language"].to_numpy(str), cuts["source"].to_numpy(str))
    there = ~np.isnan(error)
    parts.append(
        pd.DataFrame(
            {
                "cluster": cuts["id"].to_numpy()[there],
                "error": error[there],
                "column": "language",
                "language": cuts["language"].to_numpy()[there],
            }
        )
    )
    return pd.concat(parts, ignore_index=True).assign(row=row)


def _retrieval(
    row: str,
    condition: Condition,
    variant: Variant,
    speech: PackedSpeech,
    asked: PackedSpeech,
    seen: Pictures,
) -> pd.DataFrame:
    """Items of every direction; a language's captions and pictures are sought among its own."""
    space = _Space(condition.models[variant], seen, variant)
    parts, spoken = [], {}
    for language in condition.languages:
        captions = described(asked, seen, [language])
        items = captions.speech.cuts["item"].tolist()
        heard, looked_at = space.spoken(captions), space.seen(captions.picture)
        own = np.arange(len(items))
        spoken[language] = dict(zip(items, heard, strict=True))
        for column, queries, gallery in (
            (SPEECH_TO_PICTURE, heard, looked_at),
            (PICTURE_TO_SPEECH, looked_at, heard),
        ):
            parts.append(recall_items(own_ranks(queries, gallery, own), items, column, len(own)))
        known = _known_captions(condition, language, speech, seen)
        ranks = own_ranks(
            space.spoken(known), space.seen(known.picture), np.arange(len(known.picture))
        )
        names = known.speech.cuts["item"].tolist()
        parts.append(recall_items(ranks, names, TRAINED, len(names)))
    if len(spoken) > 1:
        shared = sorted(set.intersection(*map(set, spoken.values())))
        own = np.arange(len(shared))
        sides = [np.stack([vectors[item] for item in shared]) for vectors in spoken.values()]
        for queries, gallery in (sides, sides[::-1]):
            ranks = own_ranks(queries, gallery, own)
            parts.append(recall_items(ranks, shared, SPEECH_TO_SPEECH, len(own)))
    return pd.concat(parts, ignore_index=True).assign(row=row)


def _known_captions(
    condition: Condition, language: str, speech: PackedSpeech, seen: Pictures
) -> Described:
    """Up to `TRAINING_QUERIES` captions that a model was trained on."""
    heard = training_audio(speech, condition.languages, condition.share, condition.halves)
    known = described(heard, seen, [language])
    if len(known.picture) <= TRAINING_QUERIES:
        return known
    chosen = np.linspace(0, len(known.picture) - 1, TRAINING_QUERIES).astype(int)
    kept = np.zeros(len(known.picture), bool)
    kept[chosen] = True
    return Described(known.speech.select(kept), known.picture[kept], known.language[kept])


class _Space:
    """The space that a model's captions and pictures share."""

    def __init__(self, model: GroundedSpeech, pictures: Pictures, variant: Variant) -> None:
        self.model, self.seconds = model, model.cfg.caption_seconds
        self.inputs = as_trigrams(pictures.captions) if variant == "text" else pictures.inputs

    @torch.inference_mode()
    def spoken(self, captions: Described) -> np.ndarray:
        """Vectors float32 [n, d] of captions."""
        rows = np.arange(len(captions.picture))
        parts = [
            self.model.embed_speech(*caption_audio(captions.speech, part, self.seconds))
            for part in np.array_split(rows, max(1, len(rows) // BATCH))
        ]
        return torch.cat(parts).numpy()

    @torch.inference_mode()
    def seen(self, pictures: np.ndarray) -> np.ndarray:
        """Vectors float32 [n, d] of pictures by their row."""
        return self.model.embed_seen(self.inputs[pictures]).numpy()


def _examples(
    condition: Condition,
    speech: PackedSpeech,
    asked: PackedSpeech,
    seen: Pictures,
    retrieved: Path,
    projection: Path,
) -> None:
    """Write what captions retrieve, and a map of captions and pictures.

    Captions are taken evenly from all there are, whether their answers are right or not.
    """
    space = _Space(condition.models["pictures"], seen, "pictures")
    shown, points = [], []
    test = {language: described(asked, seen, [language]) for language in condition.languages}
    pictures = np.unique(np.concatenate([part.picture for part in test.values()]))
    points.append(("picture", pictures, space.seen(pictures)))
    for language, part in test.items():
        points.append((language, part.picture, space.spoken(part)))
        known = _known_captions(condition, language, speech, seen)
        for split, captions in (("test", part), ("train", known)):
            chosen = np.linspace(0, len(captions.picture) - 1, SHOWN + 2).astype(int)[1:-1]
            scores = space.spoken(captions)[chosen] @ space.seen(captions.picture).T
            for query, order in zip(chosen, np.argsort(-scores, kind="stable"), strict=True):
                best = captions.picture[order[:BEST]]
                text = captions.speech.cuts["text"].iloc[query]
                shown += [
                    {
                        "language": language,
                        "split": split,
                        "caption": text,
                        "english": seen.captions[captions.picture[query]],
                        "place": place,
                        "item": seen.items[picture],
                        "right": bool(picture == captions.picture[query]),
                    }
                    for place, picture in enumerate(best, start=1)
                ]
    pd.DataFrame(shown).to_csv(retrieved, index=False)
    # Captions and pictures keep to themselves in such spaces; what is alike is seen without that.
    flat = plane(np.concatenate([vectors - vectors.mean(0) for _, _, vectors in points]))
    kinds = np.repeat([kind for kind, _, _ in points], [len(rows) for _, rows, _ in points])
    table = pd.DataFrame({"kind": kinds, "x": flat[:, 0], "y": flat[:, 1]})
    rows = np.concatenate([rows for _, rows, _ in points])
    table["item"] = [seen.items[row] for row in rows]
    table["english"] = [seen.captions[row] for row in rows]
    table.to_csv(projection, index=False, float_format="%.5f")

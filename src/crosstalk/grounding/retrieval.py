"""Captions, pictures and languages looked for in the space that they share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from crosstalk.evaluation.shared_space import own_ranks, plane, recall_items
from crosstalk.grounding.captions import (
    KINDS,
    Described,
    Kind,
    Variant,
    caption_audio,
    described,
    training_audio,
)
from crosstalk.grounding.model import GroundedSpeech
from crosstalk.grounding.pictures import Pictures
from crosstalk.grounding.representations import BATCH
from crosstalk.grounding.written import as_trigrams
from crosstalk.speech.packed import PackedSpeech
from crosstalk.training.device import device

CHANCE = "chance"
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

    kind: Kind
    languages: tuple[str, ...]
    models: dict[Variant, GroundedSpeech]


def retrieval_items(
    condition: Condition,
    variant: Variant,
    speech: PackedSpeech,
    asked: PackedSpeech,
    seen: Pictures,
) -> pd.DataFrame:
    """Items of every direction; a language's captions and pictures are sought among its own.

    Columns of `recall_items`. What is asked about are the captions ``asked``, and some of those in
    ``speech`` that the model was trained on.
    """
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
    return pd.concat(parts, ignore_index=True)


def chance_items(items: pd.DataFrame) -> pd.DataFrame:
    """What a random order would be right in, as items of a row of its own."""
    once = items.drop_duplicates(["column", "cluster"]).drop(columns=["row", "correct"])
    return once.rename(columns={"chance": "correct"}).assign(row=CHANCE)


def _known_captions(
    condition: Condition, language: str, speech: PackedSpeech, seen: Pictures
) -> Described:
    """Up to `TRAINING_QUERIES` captions that a model was trained on."""
    heard = training_audio(speech, condition.languages, *KINDS[condition.kind])
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
        self.model, self.seconds = model.to(device()), model.cfg.caption_seconds
        self.inputs = as_trigrams(pictures.captions) if variant == "text" else pictures.inputs

    @torch.inference_mode()
    def spoken(self, captions: Described) -> np.ndarray:
        """Vectors float32 [n, d] of captions."""
        rows = np.arange(len(captions.picture))
        parts = []
        for part in np.array_split(rows, max(1, len(rows) // BATCH)):
            audio, lengths = caption_audio(captions.speech, part, self.seconds)
            parts.append(self.model.embed_speech(audio.to(device()), lengths.to(device())))
        return torch.cat(parts).cpu().numpy()

    @torch.inference_mode()
    def seen(self, pictures: np.ndarray) -> np.ndarray:
        """Vectors float32 [n, d] of pictures by their row."""
        return self.model.embed_seen(self.inputs[pictures].to(device())).cpu().numpy()


def write_examples(
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

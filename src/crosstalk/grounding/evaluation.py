"""What grounded and ungrounded models know of phones, of languages and of pictures.

Everything is asked about utterances of the test split, whose captions and pictures no model has
met; retrieval among training captions stands beside it to show that matching was learnt at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from crosstalk.evaluation.abx import Speakers, language_errors, phone_errors
from crosstalk.evaluation.answers import write_items
from crosstalk.grounding.captions import Kind
from crosstalk.grounding.model import load_variants
from crosstalk.grounding.names import ACROSS, ERRORS, row_name
from crosstalk.grounding.pictures import Pictures
from crosstalk.grounding.representations import Frames, cepstra, layers_of, log_mel, phone_tokens
from crosstalk.grounding.retrieval import Condition, chance_items, retrieval_items, write_examples
from crosstalk.params.grounding import AbxParams
from crosstalk.params.xlsr import XlsrModelParams
from crosstalk.segmentation.phones import read_phones
from crosstalk.speech.packed import PackedSpeech
from crosstalk.stage import Input, Output
from crosstalk.training.seeding import seed_everything
from crosstalk.xlsr.model import build_model


def evaluate_grounded(
    *,
    cfg: AbxParams,
    pair: str,
    seed: int,
    kinds: list[Kind],
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
    `train_grounded` each. ``errors`` are ABX errors (`ERRORS`): columns ``layer N`` of phones
    within speaker, `ACROSS` of phones across speakers, and ``language``. ``answers`` are items of
    the table ``retrieval``. ``retrieved`` and ``projection`` are examples of the bilingual grounded
    model.

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
                found_items = retrieval_items(condition, variant, speech, asked, seen)
                items.append(found_items.assign(row=row))
    table = pd.concat(found, ignore_index=True).assign(pair=pair, seed=seed)
    table[list(ERRORS)].to_parquet(errors, index=False, compression="zstd")
    frame = pd.concat(items, ignore_index=True)
    frame = pd.concat([frame.drop(columns="chance"), chance_items(frame)], ignore_index=True)
    write_items(frame.assign(table="retrieval", seed=seed), answers)
    write_examples(bilingual, speech, asked, seen, retrieved, projection)


def _condition(kind: Kind, languages: str, path: Path) -> Condition:
    return Condition(kind, tuple(languages.split("-")), load_variants(path))


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
    """Phone errors of every layer (``only``: of the chosen one), the rest of the chosen one.

    Languages with one speaker have no errors across speakers.
    """
    parts = []
    for language in languages:
        mine = tokens[tokens["language"] == language]
        asked_of = [
            (f"layer {number}", frames, "within")
            for number, frames in enumerate(layers, start=1)
            if number == cfg.layer or not only
        ]
        if len(mine["speaker"].unique()) > 1:
            asked_of.append((ACROSS, layers[cfg.layer - 1], "across"))
        parts += [
            _phone_errors(frames, mine, speakers, cfg).assign(column=column, language=language)
            for column, frames, speakers in asked_of
        ]
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


def _phone_errors(
    frames: Frames, tokens: pd.DataFrame, speakers: Speakers, cfg: AbxParams
) -> pd.DataFrame:
    """ABX errors of phones (``error``), those of a pair of phones in one ``cluster``."""
    places = (tokens[name].to_numpy() for name in ("utterance", "start", "end"))
    found = phone_errors(
        frames.vectors,
        *frames.ranges(*places).T,
        tokens,
        speakers=speakers,
        context=cfg.context,
        tokens_per_cell=cfg.tokens_per_cell,
    )
    both = np.sort(found[["phone", "other"]].to_numpy(str), axis=1)
    return found[["error"]].assign(cluster=[f"{a} {b}" for a, b in both])

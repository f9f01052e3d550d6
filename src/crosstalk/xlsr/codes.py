"""Which codewords each language uses, and how far apart that puts languages (XLSR, Figure 2).

The paper's Figure 2 clusters languages by how often each codeword stands for their speech. Close
languages share more of them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
import torch
from scipy.spatial.distance import jensenshannon

from crosstalk.errors import DataError
from crosstalk.progress import progress
from crosstalk.speech.packed import PackedSpeech
from crosstalk.stage import Input, Output
from crosstalk.training.device import device
from crosstalk.xlsr.model import SpeechModel, load_model
from crosstalk.xlsr.pretraining import check_inputs

USAGE_COLUMNS = ("language", "group", "code", "count")


def count_codes(
    *,
    split: Literal["train", "dev", "test"],
    model: Input,
    frames: Input,
    cuts: Input,
    usage: Output,
) -> None:
    """Count the codes of every frame of a split, by language; rows of zeros stay in the table.

    Raises
    ------
    DataError
        The split is empty, or ``frames`` are not what the model reads.

    """
    speech = PackedSpeech.read(frames, cuts)
    speech = speech.select(speech.cuts["split"] == split)
    if not len(speech):
        raise DataError(f"{cuts} has no utterance in the split {split!r}: take another one")
    module = load_model(model)
    check_inputs(speech, module)
    code_usage(module.eval().to(device()), speech).to_parquet(usage, index=False)


@torch.inference_mode()
def code_usage(model: SpeechModel, speech: PackedSpeech) -> pd.DataFrame:
    """Return a table of `USAGE_COLUMNS`: how many frames of a language have which code.

    Unmasked frames, the likeliest code of each group, no noise. Utterances shorter than one latent
    frame have none.
    """
    cfg = model.cfg.quantiser
    where = next(model.parameters()).device
    counts = {
        language: torch.zeros(cfg.groups, cfg.entries, dtype=torch.int64)
        for language in sorted(set(speech.cuts["language"]))
    }
    spoken = progress(speech.cuts["language"], label="codes", unit="utt")
    for index, language in enumerate(spoken):
        audio = speech.frames_of(index).unsqueeze(0).to(where)
        if model.encoder.lengths(audio.shape[1]) < 1:
            continue
        latents = model.encode(audio, upto=0).latents[0]
        codes = model.quantiser(latents, temperature=1.0).codes.cpu()
        for group, chosen in enumerate(codes.unbind(1)):
            counts[language][group] += torch.bincount(chosen, minlength=cfg.entries)
    groups, codes = np.indices((cfg.groups, cfg.entries))
    return pd.concat(
        pd.DataFrame(
            {
                "language": language,
                "group": groups.ravel(),
                "code": codes.ravel(),
                "count": count.flatten().numpy(),
            }
        )
        for language, count in counts.items()
    ).reset_index(drop=True)


def js_distances(usage: pd.DataFrame) -> pd.DataFrame:
    """Jensen-Shannon distances between languages: a symmetric table, 0 to 1, zeros within.

    The square root of the divergence, in bits, of how codes are used in each group, averaged over
    groups; a metric, so that languages can be clustered and mapped by it.

    Raises
    ------
    DataError
        A language has no frame.

    """
    table = usage.pivot_table(index="language", columns=["group", "code"], values="count")
    silent = table.index[table.sum(axis=1) == 0]
    if len(silent):
        raise DataError(f"no frames of {' '.join(silent)}: leave the language out")
    groups = [table.xs(group, axis=1, level="group") for group in table.columns.levels[0]]
    distances = np.mean(
        [
            [[jensenshannon(one, other, base=2) for other in rows] for one in rows]
            for rows in (group.to_numpy(dtype=float) for group in groups)
        ],
        axis=0,
    )
    # Rounding can make the divergence of equal distributions negative, and its root no number.
    return pd.DataFrame(np.nan_to_num(distances), table.index, table.index.rename("other"))

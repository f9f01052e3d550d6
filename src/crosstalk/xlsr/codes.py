"""Which codewords each language uses, and how far apart that puts languages (XLSR, Figure 2).

The paper's Figure 2 clusters languages by how often each codeword stands for their speech. Close
languages share more of them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
import torch

from crosstalk.errors import DataError
from crosstalk.progress import progress
from crosstalk.speech.packed import PackedSpeech
from crosstalk.stage import Input, Output
from crosstalk.training.device import device
from crosstalk.xlsr.model import SpeechModel, load_model
from crosstalk.xlsr.pretraining import check_inputs


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
    """Count the frames of a language that have a code: `crosstalk.xlsr.distances.USAGE_COLUMNS`.

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

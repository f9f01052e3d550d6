"""VoxPopuli's transcribed speech, one language a job, read by lhotse's recipe.

``raw_audios/<language>/<year>/*.ogg`` and ``asr_<language>.tsv.gz``, as the makers' script leaves
them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from lhotse.recipes.voxpopuli import prepare_voxpopuli as read_corpus

from crosstalk.corpora.paper.registry import users_folder
from crosstalk.corpora.paper.speech import Utterance, utterances_of, write_speech
from crosstalk.errors import DataError
from crosstalk.params.paper_corpora import Part
from crosstalk.stage import Output


def prepare_voxpopuli(
    *,
    cfg: Part,
    part: str,
    folder: str,
    audio: list[Output],
    recordings: Output,
    supervisions: Output,
    rejected: Output,
) -> None:
    """Write the transcribed segments of a language in the house's form (stage).

    ``folder`` is the corpus's below the user's folder.

    Raises
    ------
    DataError
        Recordings or annotations are not in ``folder``.

    """
    root, scratch = users_folder(folder), audio[0].parent / "annotations"
    annotations = root / f"asr_{part}.tsv.gz"
    for needed in (annotations, root / "raw_audios" / part):
        if not needed.exists():
            raise DataError(f"{needed} is not there: download it with the makers' script")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        # Where the recipe looks for them before it would download them.
        shutil.copyfile(annotations, scratch / annotations.name)
        write_speech(
            f"voxpopuli-{part}",
            _utterances(root, scratch, part, cfg),
            audio=audio,
            recordings=recordings,
            supervisions=supervisions,
            rejected=rejected,
        )
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _utterances(root: Path, scratch: Path, part: str, cfg: Part) -> Iterator[Utterance]:
    for split, manifests in read_corpus(root, scratch, task="asr", lang=part).items():
        for utterance in utterances_of(**manifests, language=cfg.language, split=split):
            yield replace(utterance, speaker=f"voxpopuli-{utterance.speaker}")

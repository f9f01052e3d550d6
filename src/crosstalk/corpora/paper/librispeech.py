"""LibriSpeech, one subset a job, with the published word alignments.

Audio and transcripts are read by lhotse's recipe from ``LibriSpeech/<subset>/<reader>/<chapter>/``.
Words come from the TextGrids of the Montreal Forced Aligner (Lugosch et al. 2019, Zenodo 2619474),
which lie in their zip as the audio does in its tar; 46 utterances have none.
``torchaudio.functional.forced_align`` with a character model would be an alternative.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from lhotse.recipes.librispeech import prepare_librispeech as read_corpus

from crosstalk.corpora.paper.speech import Utterance, utterances_of, write_speech
from crosstalk.corpora.paper.textgrids import read_words, textgrids_in
from crosstalk.corpora.paper.unpacking import unpacked
from crosstalk.errors import DataError
from crosstalk.params.paper_corpora import Part
from crosstalk.stage import Input, Output


def prepare_librispeech(
    *,
    cfg: Part,
    part: str,
    archives: list[Input],
    audio: list[Output],
    recordings: Output,
    supervisions: Output,
    rejected: Output,
) -> None:
    """Write a subset in the house's form, transcripts in lower case (stage).

    ``archives`` are the subset's tar and, if words are wanted, the zip of alignments.

    Raises
    ------
    DataError
        The archive does not hold the subset, or is damaged.

    """
    sounds = [archive for archive in archives if archive.suffix != ".zip"]
    grids = [archive for archive in archives if archive.suffix == ".zip"]
    with unpacked(sounds, audio[0]) as folder:
        write_speech(
            f"librispeech-{part}",
            _utterances(folder / "LibriSpeech", part, cfg, grids),
            audio=audio,
            recordings=recordings,
            supervisions=supervisions,
            rejected=rejected,
        )


def _utterances(folder: Path, part: str, cfg: Part, grids: list[Path]) -> Iterator[Utterance]:
    if not (folder / part).is_dir():
        raise DataError(f"the archives hold no subset {part} of LibriSpeech: fetch them again")
    found = read_corpus(folder, dataset_parts=part, normalize_text="lower")[part]
    places = [textgrids_in(grid) for grid in grids]
    split = cfg.split or "train"
    for utterance in utterances_of(**found, language=cfg.language, split=split):
        grid = next((grid for place in places if (grid := place(utterance.id))), None)
        words = read_words(*grid, cfg.language) if grid else []
        yield replace(utterance, speaker=f"librispeech-{utterance.speaker}", words=words)

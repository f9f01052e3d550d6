"""Multilingual LibriSpeech, one language a job, read by lhotse's recipe.

``mls_<language>_opus/{train,dev,test}/audio/<speaker>/<book>/<id>.opus`` with ``transcripts.txt``
in each split and ``metainfo.txt`` above.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from lhotse.recipes.mls import prepare_mls as read_corpus

from crosstalk.corpora.paper.registry import users_folder
from crosstalk.corpora.paper.speech import Utterance, utterances_of, write_speech
from crosstalk.corpora.paper.textgrids import read_words, textgrids_in
from crosstalk.corpora.paper.unpacking import unpacked
from crosstalk.errors import DataError
from crosstalk.params.paper_corpora import Part
from crosstalk.stage import Input, Output


def prepare_mls(
    *,
    cfg: Part,
    part: str,
    alignments: str,
    archives: list[Input],
    audio: list[Output],
    recordings: Output,
    supervisions: Output,
    rejected: Output,
) -> None:
    """Write a language in the house's form (stage).

    ``alignments`` is a folder below the user's that holds TextGrids named as the utterances; empty
    if words are not wanted.

    Raises
    ------
    DataError
        The archive holds another language, or is damaged; ``alignments`` has no TextGrid.

    """
    with unpacked(archives, audio[0]) as folder:
        write_speech(
            f"mls-{part}",
            _utterances(folder, part, cfg, alignments),
            audio=audio,
            recordings=recordings,
            supervisions=supervisions,
            rejected=rejected,
        )


def _utterances(folder: Path, part: str, cfg: Part, alignments: str) -> Iterator[Utterance]:
    found = read_corpus(folder, opus=True)
    if part not in found:
        raise DataError(
            f"the archives hold {' '.join(found) or 'nothing'} of MLS, not {part}: fetch them again"
        )
    grids = textgrids_in(users_folder(alignments)) if alignments else None
    aligned = 0
    for split, manifests in found[part].items():
        for utterance in utterances_of(**manifests, language=cfg.language, split=split):
            grid = grids(utterance.id) if grids else None
            aligned += grid is not None
            words = read_words(*grid, cfg.language) if grid else []
            yield replace(utterance, speaker=f"mls-{utterance.speaker}", words=words)
    if grids and not aligned:
        raise DataError(f"{alignments} has no TextGrid named as an utterance: align the corpus")

"""IARPA Babel, one language pack a job, read by lhotse's recipe.

``conversational/{training,dev,eval}/{audio,transcription}/``, audio as NIST SPHERE or WAV.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import soundfile
from lhotse.recipes.babel import prepare_single_babel_language as read_pack

from crosstalk.corpora.paper.registry import users_folder
from crosstalk.corpora.paper.speech import Utterance, utterances_of, write_speech
from crosstalk.corpora.splits import Split
from crosstalk.errors import DataError
from crosstalk.params.paper_corpora import Part
from crosstalk.progress import progress
from crosstalk.stage import Output

# Papers test on the pack's dev folder; most packs have no transcripts of eval.
SPLITS: dict[str, Split] = {"training": "train", "dev": "test", "eval": "test"}

_MARK = re.compile(r"<[^>]*>")
_UNINTELLIGIBLE = re.compile(r"\(\(\)\)|~|\*")


def prepare_babel(
    *,
    cfg: Part,
    part: str,
    folder: str,
    audio: list[Output],
    recordings: Output,
    supervisions: Output,
    rejected: Output,
) -> None:
    """Write the conversational speech of a pack in the house's form (stage).

    ``folder`` is the pack's below the user's folder.

    Marks of noise, hesitation and foreign words are taken out of the transcripts (XLSR does not say
    what it did); a segment of nothing else is rejected.

    Raises
    ------
    DataError
        The folder is no language pack, or its audio is compressed beyond what libsndfile reads.

    """
    plain = audio[0].parent / "plain"
    shutil.rmtree(plain, ignore_errors=True)
    try:
        _make_plain(users_folder(folder), plain)
        write_speech(
            f"babel-{part}",
            _utterances(plain, part, cfg),
            audio=audio,
            recordings=recordings,
            supervisions=supervisions,
            rejected=rejected,
        )
    finally:
        shutil.rmtree(plain, ignore_errors=True)


def clean(transcript: str) -> str:
    """Take the marks out of a transcript."""
    return " ".join(_UNINTELLIGIBLE.sub(" ", _MARK.sub(" ", transcript)).split())


def _make_plain(pack: Path, plain: Path) -> None:
    """Copy the pack with its audio as WAV: lhotse asks another program to read SPHERE."""
    roots = sorted(path for path in pack.rglob("conversational") if path.is_dir())
    if not roots:
        raise DataError(f"{pack} has no folder `conversational`: unpack the language pack there")
    for split in SPLITS:
        for kind in ("audio", "transcription"):
            (plain / "conversational" / split / kind).mkdir(parents=True)
    for path in progress(sorted(roots[0].rglob("*.*")), label="audio", unit="file"):
        split, kind, *_ = path.relative_to(roots[0]).parts
        target = plain / "conversational" / split / kind / path.name
        if split not in SPLITS or not path.is_file():
            continue
        if kind == "transcription":
            target.symlink_to(path.resolve())
        elif kind == "audio" and path.suffix in (".sph", ".wav"):
            try:
                samples, rate = soundfile.read(path, dtype="int16", always_2d=True)
            except soundfile.LibsndfileError as error:
                raise DataError(
                    f"{path} cannot be decoded ({error}): convert it with sph2pipe -f rif"
                ) from error
            soundfile.write(target.with_suffix(".wav"), samples[:, 0], rate, subtype="PCM_16")


def _utterances(plain: Path, part: str, cfg: Part) -> Iterator[Utterance]:
    for folder, manifests in read_pack(plain, no_eval_ok=True).items():
        split = SPLITS[folder]
        for utterance in utterances_of(**manifests, language=cfg.language, split=split):
            yield replace(
                utterance,
                id=f"babel-{part}/{utterance.id}",
                speaker=f"babel-{utterance.speaker}",
                text=clean(utterance.text),
            )

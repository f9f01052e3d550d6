"""Spoken captions of pictures: SpokenCOCO, Places Audio, and a user's own listed like SpokenCOCO.

Their JSON files list, under ``data``, pictures with several captions (SpokenCOCO) or captions with
a picture each (Places): ``wav``, ``uttid``, ``speaker``, ``text`` or ``asr_text``, and ``image``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import soundfile

from crosstalk.corpora.paper.registry import users_folder
from crosstalk.corpora.paper.speech import Utterance, write_speech
from crosstalk.corpora.paper.unpacking import unpacked
from crosstalk.corpora.splits import Split
from crosstalk.errors import DataError
from crosstalk.params.paper_corpora import Part
from crosstalk.stage import Input, Output

_SPLIT = re.compile(r"(?:.*[_/])?(?P<split>train|val|dev|test)(?:[_.].*)?\.json")
_SPLITS: dict[str, Split] = {"train": "train", "val": "dev", "dev": "dev", "test": "test"}


def prepare_spoken_captions(
    *,
    cfg: Part,
    source: str,
    archives: list[Input],
    audio: list[Output],
    recordings: Output,
    supervisions: Output,
    rejected: Output,
) -> None:
    """Write spoken captions in the house's form; ``item`` is the picture's path (stage).

    The split is that of the JSON file's name (``val`` is dev). Pictures are not read here.

    Raises
    ------
    DataError
        The archive lists no caption, or in another form.

    """
    with unpacked(archives, audio[0]) as folder:
        write_speech(
            source,
            _utterances(folder, source, cfg.language),
            audio=audio,
            recordings=recordings,
            supervisions=supervisions,
            rejected=rejected,
        )


def prepare_own_captions(
    *,
    cfg: Part,
    source: str,
    folder: str,
    audio: list[Output],
    recordings: Output,
    supervisions: Output,
    rejected: Output,
) -> None:
    """Write the spoken captions in a folder below the user's, as `prepare_spoken_captions` (stage).

    Raises
    ------
    DataError
        The folder lists no caption, or in another form.

    """
    write_speech(
        source,
        _utterances(users_folder(folder), source, cfg.language),
        audio=audio,
        recordings=recordings,
        supervisions=supervisions,
        rejected=rejected,
    )


def _utterances(folder: Path, source: str, language: str) -> Iterator[Utterance]:
    seen: set[str] = set()
    for listing in sorted(folder.rglob("*.json")):
        match = _SPLIT.fullmatch(listing.name)
        if match is None:
            continue
        try:
            captions = list(_captions(json.loads(listing.read_text("utf-8"))))
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{listing.name} is not a list of {source} ({error!r}): fetch its archive again"
            ) from error
        for caption in captions:
            if caption["uttid"] in seen:  # lists of Places repeat test captions in subsets
                continue
            seen.add(caption["uttid"])
            path = _place(listing.parent, folder, caption["wav"])
            yield Utterance(
                id=f"{source}/{caption['uttid']}",
                language=language,
                speaker=f"{source}-{caption['speaker']}",
                split=_SPLITS[match["split"]],
                text=caption["text"].strip(),
                path=path,
                start=0.0,
                seconds=soundfile.info(path).duration if path.is_file() else 1.0,
                item=caption["image"],
            )


def _captions(listing: dict[str, Any]) -> Iterator[dict[str, str]]:
    for entry in listing["data"]:
        for caption in entry.get("captions", [entry]):
            yield {
                "wav": caption["wav"],
                "uttid": str(caption["uttid"]),
                "speaker": str(caption["speaker"]),
                "text": caption.get("text") or caption.get("asr_text") or "",
                "image": entry["image"],
            }


def _place(beside: Path, root: Path, wav: str) -> Path:
    """Audio lies beside its list, or (Places) beside the folder of the lists."""
    return next((p for p in (beside / wav, beside.parent / wav) if p.is_file()), root / wav)

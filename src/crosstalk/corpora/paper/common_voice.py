"""Mozilla Common Voice, one locale a job, with the splits of Riviere et al. 2020.

A locale's folder holds ``clips/`` (MP3) and tables such as ``validated.tsv`` and ``dev.tsv``.
lhotse's recipe wants columns that the releases of 2019 do not have, so the tables are read here.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import soundfile

from crosstalk.corpora.archive import iter_files
from crosstalk.corpora.paper.registry import users_folder
from crosstalk.corpora.paper.speech import Utterance, write_speech
from crosstalk.corpora.paper.unpacking import unpacked
from crosstalk.corpora.splits import Split
from crosstalk.errors import DataError
from crosstalk.params.paper_corpora import Part
from crosstalk.stage import Input, Output

# `es/trainSeqs_1.0_uniform_new_version.txt`, below whatever folder the archive starts with.
_LIST = re.compile(
    r"(?:.*/)?(?P<code>[a-z]{2})/(?:(?P<list>trainSeqs_1\.0|trainSeqs_5\.0|testSeqs)"
    r"_uniform_new_version|validated_phones_reduced)\.txt"
)
_ROLES = {"trainSeqs_1.0": "train_1h", "trainSeqs_5.0": "train_5h", "testSeqs": "test"}


@dataclass
class RiviereSplits:
    """Names of clips without extension."""

    roles: dict[str, list[str]] = field(default_factory=dict)
    """Lists that each clip is in: ``train_1h``, ``train_5h``, ``test``."""
    phones: dict[str, str] = field(default_factory=dict)
    """Numbers of phones with spaces between, an inventory a language."""


def prepare_common_voice(
    *,
    cfg: Part,
    part: str,
    folder: str,
    archives: list[Input],
    audio: list[Output],
    recordings: Output,
    supervisions: Output,
    rejected: Output,
) -> None:
    """Write the validated clips of a locale in the house's form (stage).

    ``archives`` are the lists of Riviere et al. and, unless ``folder`` is the locale's folder below
    the user's, the locale's own archive, last. Their test clips are test, those of Common Voice's
    ``dev.tsv`` that are in no list are dev, all others train; the custom fields ``riviere`` (lists,
    with spaces between) and ``riviere_phones`` say what else is known.

    Raises
    ------
    DataError
        There are no clips or no table, or a table lacks a column.

    """
    lists, *own = archives
    splits = read_splits(lists, cfg.language)
    with unpacked(own, audio[0]) as unfolded:
        write_speech(
            f"common_voice-{part}",
            _utterances(
                users_folder(folder) if folder else _locale_in(unfolded), cfg.language, splits
            ),
            audio=audio,
            recordings=recordings,
            supervisions=supervisions,
            rejected=rejected,
        )


def read_splits(archive: Path, language: str) -> RiviereSplits:
    """Read the lists of one language; empty if the archive has none in it."""
    splits = RiviereSplits()
    for name, data in iter_files(archive, _LIST.fullmatch):
        match = _LIST.fullmatch(name)
        if match["code"] != language:
            continue
        for line in data.decode().splitlines():
            clip, _, rest = line.strip().partition(" ")
            stem = Path(clip).stem if clip.endswith((".mp3", ".wav", ".flac")) else clip
            if match["list"]:
                splits.roles.setdefault(stem, []).append(_ROLES[match["list"]])
            else:
                splits.phones[stem] = rest
    return splits


def _locale_in(folder: Path) -> Path:
    """Return the folder with the clips, whatever the archive calls those above."""
    found = next((path for path in sorted(folder.rglob("clips")) if path.is_dir()), None)
    if found is None:
        raise DataError("the archive of Common Voice holds no clips/: take another data set")
    return found.parent


def _utterances(folder: Path, language: str, splits: RiviereSplits) -> Iterator[Utterance]:
    held_out = {row["path"] for row in _rows(folder / "dev.tsv")}
    for row in _rows(folder / "validated.tsv"):
        clip = row["path"] if row["path"].endswith(".mp3") else f"{row['path']}.mp3"
        stem = clip.removesuffix(".mp3")
        roles = sorted(splits.roles.get(stem, []))
        split: Split = "test" if "test" in roles else "train"
        if not roles and row["path"] in held_out:
            split = "dev"
        known = {"riviere": " ".join(roles), "riviere_phones": splits.phones.get(stem, "")}
        yield Utterance(
            id=f"common_voice-{language}/{stem}",
            language=language,
            speaker=f"common_voice-{row['client_id']}",
            split=split,
            text=row["sentence"].strip(),
            path=folder / "clips" / clip,
            start=0.0,
            seconds=_seconds(folder / "clips" / clip),
            item=row["sentence"].strip(),
            custom={key: value for key, value in known.items() if value},
        )


def _rows(table: Path) -> Iterator[dict[str, str]]:
    try:
        with table.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                if missing := {"client_id", "path", "sentence"} - {k for k, v in row.items() if v}:
                    if missing == {"sentence"}:
                        row["sentence"] = ""
                    else:
                        raise DataError(f"{table} lacks a {min(missing)}: unpack it anew")
                yield row
    except FileNotFoundError as error:
        raise DataError(f"{table} is not there: unpack the whole locale") from error


def _seconds(clip: Path) -> float:
    """Length of a clip, 1 s if it cannot be told: reading it will say why."""
    try:
        return soundfile.info(clip).duration
    except (soundfile.LibsndfileError, OSError):
        return 1.0

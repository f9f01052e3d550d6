"""What Cruz Blandón et al. 2025 hears and sees at scale `paper`: captions of COCO, other speech.

How much of either the paper takes is not known ("limited" audio-visual data), so what is kept is a
choice of the workflow's: so many hours of each part, of whole items, which are the same in every
language as far as they go. Captions are split as their pictures are, by Karpathy, so no test
caption's picture is in any training.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from lhotse import SupervisionSegment, SupervisionSet

from crosstalk.corpora.archive import iter_files
from crosstalk.corpora.manifests import read_manifest, write_manifest
from crosstalk.corpora.messages import Message, message_table
from crosstalk.corpora.pictures import Picture, small_picture, write_pictures
from crosstalk.corpora.schemas import write_messages
from crosstalk.corpora.splits import Split
from crosstalk.errors import DataError
from crosstalk.progress import progress
from crosstalk.seeds import derive_seed
from crosstalk.stage import Input, Output

LISTING = "dataset_coco.json"
"""Karpathy's list of COCO's pictures, in ``caption_datasets.zip``."""
CAPTIONS, OTHERS = "captions", "others"
"""Sources, in packed speech: what describes pictures, and the rest."""
_SPLITS: dict[str, Split] = {"train": "train", "restval": "train", "val": "dev", "test": "test"}


def choose_captions(
    *, hours: float, test_hours: float, supervisions: Input, captions: Input, chosen: Output
) -> None:
    """Keep some hours of spoken captions of COCO, in Karpathy's splits (stage).

    Raises
    ------
    DataError
        A caption's picture is none of COCO's, or nothing is left to train on or to test.

    """
    split_of = {item: split for item, (split, _) in read_listing(captions).items()}
    found = list(read_manifest(SupervisionSet, supervisions))
    for segment in found:
        item = segment.custom["item"]
        if item not in split_of:
            raise DataError(f"{segment.id} describes {item}, which {captions} does not list")
        segment.custom |= {"split": split_of[item], "source": CAPTIONS}
    write_manifest(chosen, _choose(found, hours, test_hours, supervisions))


def choose_speech(*, hours: float, test_hours: float, supervisions: Input, chosen: Output) -> None:
    """Keep some hours of a part of a corpus, in its own splits (stage).

    Raises
    ------
    DataError
        Nothing is left.

    """
    found = list(read_manifest(SupervisionSet, supervisions))
    for segment in found:
        segment.custom["source"] = OTHERS
    write_manifest(chosen, _choose(found, hours, test_hours, supervisions))


def gather_pictures(
    *,
    pixels: int,
    archives: list[Input],
    captions: Input,
    chosen: list[Input],
    pictures: Output,
    messages: Output,
) -> None:
    """Write the pictures that chosen captions describe, and what each is called (stage).

    ``archives`` are COCO's pictures, which are fitted into squares of ``pixels``. ``messages`` has
    the first English caption of each in Karpathy's list, and the first that is spoken in each other
    language.

    Raises
    ------
    DataError
        A picture is in no archive, or is damaged.

    """
    english = {item: text for item, (_, text) in read_listing(captions).items()}
    said = [segment for path in chosen for segment in read_manifest(SupervisionSet, path)]
    wanted = {segment.custom["item"] for segment in said}
    seen = sorted(_pictures(archives, wanted, pixels))
    if lost := sorted(wanted - {picture.item for picture in seen}):
        raise DataError(f"the archives of coco have no picture {lost[0]}: fetch them again")
    write_pictures(seen, pixels, pictures)
    spoken = sorted(said, key=lambda segment: segment.id)
    written = [Message(item, "coco", "en", english[item], english[item]) for item in sorted(wanted)]
    written += [
        Message(item, "coco", segment.language, str(segment.text), english[item])
        for segment in spoken
        if segment.language != "en" and (item := segment.custom["item"])
    ]
    write_messages(message_table("coco", written), messages)


def read_listing(archive: Path) -> dict[str, tuple[Split, str]]:
    """Split and first caption of each of COCO's pictures, by its path in the archives.

    Raises
    ------
    DataError
        The archive holds no such list.

    """
    for _, data in iter_files(archive, f"*{LISTING}"):
        try:
            return {
                f"{entry['filepath']}/{entry['filename']}": (
                    _SPLITS[entry["split"]],
                    entry["sentences"][0]["raw"].strip(),
                )
                for entry in json.loads(data)["images"]
            }
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise DataError(
                f"{LISTING} in {archive} is not Karpathy's list ({error!r}): fetch it again"
            ) from error
    raise DataError(f"{archive} has no {LISTING}: fetch it again")


def _pictures(archives: Iterable[Path], wanted: set[str], side: int) -> Iterator[Picture]:
    for archive in archives:
        files = iter_files(archive, wanted.__contains__)
        for name, data in progress(files, label=archive.name, unit="file"):
            try:
                yield Picture(name, "coco", small_picture(data, side))
            except DataError as error:
                raise DataError(f"{name} in {archive}: {error}; fetch it again") from error


def _choose(
    found: Iterable[SupervisionSegment], hours: float, test_hours: float, name: Path
) -> list[SupervisionSegment]:
    """Keep training and test speech, in the order of the manifest; nobody listens to the rest."""
    by_split = {"train": hours, "test": test_hours}
    kept: set[str] = set()
    for split, most in by_split.items():
        kept |= _whole_items([s for s in found if s.custom["split"] == split], most)
    if not kept:
        raise DataError(f"{name} has neither training nor test speech: prepare it again")
    return [s for s in found if s.custom["split"] in by_split and s.custom["item"] in kept]


def _whole_items(segments: Iterable[SupervisionSegment], hours: float) -> set[str]:
    """Items whose utterances come to ``hours``, in an order that is the same everywhere."""
    seconds: dict[str, float] = {}
    for segment in segments:
        item = segment.custom["item"]
        seconds[item] = seconds.get(item, 0.0) + segment.duration
    kept, total = set(), 0.0
    for item in sorted(seconds, key=lambda item: (derive_seed(0, f"heard {item}"), item)):
        if total >= 3600 * hours:
            break
        kept.add(item)
        total += seconds[item]
    return kept

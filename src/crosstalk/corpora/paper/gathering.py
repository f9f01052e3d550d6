"""Parts of prepared corpora as the speech and the text of one experiment (Chung et al. 2018)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lhotse import Recording, RecordingSet, SupervisionSegment, SupervisionSet

from crosstalk.corpora.manifests import read_manifest, write_manifest
from crosstalk.corpora.messages import Message, message_table
from crosstalk.corpora.schemas import write_messages
from crosstalk.errors import DataError
from crosstalk.stage import Input, Output

SPOKEN = 1
"""Parity of the folds whose training utterances are heard; those of even folds are read."""


def gather_speech(
    *,
    source: str,
    heard: list[Input],
    said: list[Input],
    recordings: Output,
    supervisions: Output,
    messages: Output,
) -> None:
    """Join parts, and share their training utterances between speech and text (stage).

    ``heard`` are the manifests of recordings of each part, ``said`` those of supervisions. The
    supervisions kept have words with times; of the training split they are those of odd folds.
    ``messages`` holds the transcripts of the whole training split, of which the text side reads the
    even folds (`crosstalk.corpora.splits.training_half`). In the paper both sides have the same
    transcripts; here no sentence is known to both, as at every other scale.

    Raises
    ------
    DataError
        Two parts share a recording, or no training or no test utterance has words with times.

    """
    parts = [recording for path in heard for recording in read_manifest(RecordingSet, path)]
    if len({recording.id for recording in parts}) != len(parts):
        raise DataError(f"two parts of {source} share a recording: give every part once")
    found = [segment for path in said for segment in read_manifest(SupervisionSet, path)]
    spoken = list(_spoken(found))
    for split, name in (("train", "training"), ("test", "test")):
        if not any(segment.custom["split"] == split for segment in spoken):
            raise DataError(
                f"no {name} utterance of {source} has words with times: give its alignments"
            )
    used = {segment.recording_id for segment in spoken}
    write_manifest(recordings, _only(parts, used))
    write_manifest(supervisions, spoken)
    write_messages(message_table(source, _transcripts(found)), messages)


def _spoken(segments: Iterable[SupervisionSegment]) -> Iterator[SupervisionSegment]:
    for segment in segments:
        known = segment.custom
        heard = known["split"] != "train" or known["fold"] % 2 == SPOKEN
        if heard and (segment.alignment or {}).get("word"):
            known["message_id"] = segment.id
            yield segment


def _only(parts: Iterable[Recording], used: set[str]) -> Iterator[Recording]:
    return (recording for recording in parts if recording.id in used)


def _transcripts(segments: Iterable[SupervisionSegment]) -> Iterator[Message]:
    for segment in segments:
        if segment.custom["split"] == "train":
            text = str(segment.text)
            yield Message(segment.id, "transcripts", segment.language, text, text)

"""Which clips of Common Voice have labels for Conneau et al. 2020, and which labels."""

from __future__ import annotations

from collections.abc import Iterator

from lhotse import SupervisionSegment, SupervisionSet

from crosstalk.corpora.manifests import read_manifest, write_manifest
from crosstalk.stage import Input, Output

TRAINED_ON = "train_1h"
"""List of Riviere et al. 2020 whose clips the paper fine-tunes on."""


def label_common_voice(*, supervisions: Input, labelled: Output) -> None:
    """Replace eSpeak NG's phones by those of Riviere et al. 2020, as far as the paper uses them.

    Training clips outside the hour that Riviere et al. chose have none: they are heard in
    pretraining, without labels. Test clips are Riviere's list, and development clips those of
    Common Voice that are in no list, as `crosstalk.corpora.paper.common_voice` says. Nothing else
    changes, and English, of which there are no lists, is heard alone (stage).
    """
    found = read_manifest(SupervisionSet, supervisions)
    write_manifest(labelled, _labelled(found))


def _labelled(segments: SupervisionSet) -> Iterator[SupervisionSegment]:
    for segment in segments:
        known = segment.custom
        used = known["split"] != "train" or TRAINED_ON in known.get("riviere", "").split()
        known["phonemes"] = known.get("riviere_phones", "") if used else ""
        yield segment

"""Prepared speech and COCO's archives, as small as can be, in their real layouts."""

import io
import json

import numpy as np
import soundfile
from PIL import Image
from tests.corpora.paper.archives import zipped

from crosstalk.corpora.paper.speech import Utterance, write_speech


def write_coco(folder, splits):
    """Write COCO's zips with a picture a split, half of them in each; return the pictures' names."""
    places = [f"{'train' if n % 2 else 'val'}2014" for n in range(len(splits))]
    names = [f"COCO_{place}_{n:012d}.jpg" for n, place in enumerate(places)]
    items = [f"{place}/{name}" for place, name in zip(places, names, strict=True)]
    listing = [
        {
            "filepath": place,
            "filename": name,
            "split": split,
            "sentences": [{"raw": f"A frog sees {place}/{name} "}, {"raw": "A toad."}],
        }
        for place, name, split in zip(places, names, splits, strict=True)
    ]
    zipped(folder / "caption_datasets.zip", {"dataset_coco.json": json.dumps({"images": listing})})
    for place in ("train2014", "val2014"):
        mine = [(n, item) for n, item in enumerate(items) if item.startswith(place)]
        zipped(folder / f"{place}.zip", {item: _jpeg(6 * n) for n, item in mine})
    return sorted(items)


def _jpeg(red):
    file = io.BytesIO()
    Image.new("RGB", (64, 48), (red, 0, 0)).save(file, format="JPEG")
    return file.getvalue()


def write_part(folder, name, language, split, items, files=1):
    """Write a prepared part with a second of noise an item, in so many FLAC files."""
    folder.mkdir(parents=True)
    source = folder / "noise.wav"
    soundfile.write(source, np.random.default_rng(0).normal(0, 0.1, 16000), 16000)
    write_speech(
        name,
        [
            Utterance(
                id=f"{name}/{item}",
                language=language,
                speaker=name,
                split=split,
                text="Une grenouille" if language == "fr" else "A frog",
                path=source,
                start=0.0,
                seconds=1.0,
                item=item,
            )
            for item in items
        ],
        audio=[folder / f"{name}-{n:03d}.flac" for n in range(files)],
        recordings=folder / "recordings.jsonl.gz",
        supervisions=folder / "supervisions.jsonl.gz",
        rejected=folder / "rejected.csv",
    )
    return folder / "supervisions.jsonl.gz"

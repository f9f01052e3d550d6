"""What is chosen of captions and of other speech, which pictures come with it, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from lhotse import SupervisionSet
from tests.corpora.paper.archives import zipped
from tests.corpora.paper.coco import write_coco, write_part

from crosstalk.corpora.manifests import read_manifest
from crosstalk.corpora.messages import read_messages
from crosstalk.corpora.paper.coco import choose_captions, choose_speech, gather_pictures
from crosstalk.errors import DataError

SPLITS = ["train", "restval", "val", "test"] * 10
SECOND = 1 / 3600


@pytest.fixture
def coco(tmp_path):
    return write_coco(tmp_path / "coco", SPLITS)


def choose(folder, language, items, hours, test_hours):
    chosen = folder / f"{language}.jsonl.gz"
    choose_captions(
        hours=hours,
        test_hours=test_hours,
        supervisions=write_part(folder / language, language, language, "train", items),
        captions=folder / "coco/caption_datasets.zip",
        chosen=chosen,
    )
    return read_manifest(SupervisionSet, chosen)


def test_captions_have_the_split_of_their_picture_in_every_language(coco, tmp_path):
    english = choose(tmp_path, "en", coco, 5.5 * SECOND, 2 * SECOND)
    french = choose(tmp_path, "fr", coco[5:], 5.5 * SECOND, 2 * SECOND)
    numbers = {item: int(item[-8:-4]) for item in coco}
    for chosen in (english, french):
        splits = [segment.custom["split"] for segment in chosen]
        assert sorted(splits) == ["test"] * 2 + ["train"] * 6  # the item that reaches it is whole
        for segment in chosen:
            said = SPLITS[numbers[segment.custom["item"]]]
            assert segment.custom["split"] == ("test" if said == "test" else "train")
            assert segment.custom["source"] == "captions"
    one, other = ({s.custom["item"] for s in chosen} for chosen in (english, french))
    assert (one - set(coco[:5])) <= other  # the same pictures, as far as they are described


def test_other_speech_keeps_its_splits(tmp_path):
    said = write_part(tmp_path / "a", "a", "en", "train", [str(n) for n in range(9)])
    chosen = tmp_path / "chosen.jsonl.gz"
    choose_speech(hours=3 * SECOND, test_hours=SECOND, supervisions=said, chosen=chosen)
    found = list(read_manifest(SupervisionSet, chosen))
    assert len(found) == 3
    assert {(s.custom["split"], s.custom["source"]) for s in found} == {("train", "others")}
    with pytest.raises(DataError, match="neither training nor test speech"):
        choose_speech(hours=0, test_hours=1, supervisions=said, chosen=chosen)


def gather(folder, languages):
    gather_pictures(
        pixels=8,
        archives=[folder / "coco" / f"{place}2014.zip" for place in ("train", "val")],
        captions=folder / "coco/caption_datasets.zip",
        chosen=[folder / f"{language}.jsonl.gz" for language in languages],
        pictures=folder / "pictures.parquet",
        messages=folder / "messages.parquet",
    )


def test_described_pictures_come_with_what_they_are_called(coco, tmp_path):
    chosen = choose(tmp_path, "en", coco, 4 * SECOND, SECOND)
    choose(tmp_path, "fr", coco, 4 * SECOND, SECOND)
    gather(tmp_path, ["en", "fr"])
    pictures = pd.read_parquet(tmp_path / "pictures.parquet")
    items = sorted({segment.custom["item"] for segment in chosen})
    assert pictures["item"].tolist() == items
    for row in pictures.itertuples():
        pixels = np.frombuffer(row.pixels, np.uint8).reshape(row.height, row.width, 3)
        assert (pixels[0] == 255).all()  # 64 x 48 in a square, on white
        assert abs(int(pixels[4, 4, 0]) - 6 * int(row.item[-8:-4])) < 12
    messages = read_messages(tmp_path / "messages.parquet")
    assert messages["message_id"].tolist() == [item for item in items for _ in range(2)]
    assert messages["language"].tolist() == ["en", "fr"] * len(items)
    assert messages["text"].tolist() == [
        text for item in items for text in (f"A frog sees {item}", "Une grenouille")
    ]


def test_what_is_not_there_is_named(coco, tmp_path):
    with pytest.raises(DataError, match=r"describes toads/1.jpg, which .* does not list"):
        choose(tmp_path, "en", ["toads/1.jpg"], 1, 1)
    choose(tmp_path, "fr", coco, 1, 1)
    zipped(tmp_path / "coco/val2014.zip", {"val2014/other.jpg": b""})
    with pytest.raises(DataError, match=r"no picture val2014/COCO_val2014_000000000000\.jpg"):
        gather(tmp_path, ["fr"])
    zipped(tmp_path / "coco/caption_datasets.zip", {"dataset_coco.json": '{"images": [{}]}'})
    with pytest.raises(DataError, match=r"is not Karpathy's list .*fetch it again"):
        gather(tmp_path, ["fr"])

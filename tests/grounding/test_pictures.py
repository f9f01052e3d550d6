"""Pictures in and out, moved as they should be; texts as trigrams."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from crosstalk.corpora.messages import Message, message_table
from crosstalk.corpora.schemas import write_messages
from crosstalk.errors import CrosstalkError, DataError
from crosstalk.grounding.pictures import (
    PictureEncoder,
    Pictures,
    frozen_features,
    move,
    see_pictures,
)
from crosstalk.grounding.written import BUCKETS, PADDING, TextEncoder, as_trigrams, trigrams
from crosstalk.params.grounding import PictureParams

PIXELS = PictureParams(encoder="convolutional")


def prepared(folder, sizes=((4, 4), (4, 4)), english=("A frog.", "A boat.")):
    draw = np.random.default_rng(0)
    items = ["animals/frog", "vehicles/boat"]
    raw = [draw.integers(0, 256, (h, w, 3), dtype=np.uint8) for h, w in sizes]
    rows = {
        "item": items,
        "category": ["animals", "vehicles"],
        "width": [w for _, w in sizes],
        "height": [h for h, _ in sizes],
        "pixels": [picture.tobytes() for picture in raw],
    }
    pd.DataFrame(rows).to_parquet(folder / "pictures.parquet", index=False)
    messages = [
        Message(item, "d", "en", text, text)
        for item, text in zip(items, english, strict=True)
        if text
    ]
    messages.append(Message(items[0], "d", "fr", "Une grenouille.", "A frog."))
    write_messages(message_table("tuxpaint", messages), folder / "messages.parquet")
    return raw


def see(folder, cfg=PIXELS):
    see_pictures(
        cfg=cfg,
        pictures=folder / "pictures.parquet",
        messages=folder / "messages.parquet",
        seen=folder / "seen",
    )
    return Pictures.load(folder / "seen")


def test_pixels_and_english_captions_come_through(tmp_path):
    raw = prepared(tmp_path)
    seen = see(tmp_path)
    assert seen.items == ["animals/frog", "vehicles/boat"]
    assert seen.captions == ["A frog.", "A boat."]
    assert seen.index["vehicles/boat"] == 1
    for picture, expected in zip(seen.inputs, raw, strict=True):
        np.testing.assert_array_equal(picture.permute(1, 2, 0).numpy(), expected)


def test_a_picture_without_english_or_of_another_size_is_an_error(tmp_path):
    prepared(tmp_path, english=("A frog.", ""))
    with pytest.raises(DataError, match="no English caption of vehicles/boat"):
        see(tmp_path)
    prepared(tmp_path, sizes=((4, 4), (4, 6)))
    with pytest.raises(DataError, match="pictures of several sizes"):
        see(tmp_path)
    (tmp_path / "seen").write_bytes(b"no pictures")
    with pytest.raises(DataError, match="does not hold pictures"):
        Pictures.load(tmp_path / "seen")


def test_a_network_that_is_not_there_names_the_remedies(tmp_path):
    with pytest.raises(
        CrosstalkError, match=r"set cruzblandon2025\.pictures\.encoder=convolutional"
    ):
        frozen_features(torch.zeros(1, 3, 8, 8, dtype=torch.uint8), str(tmp_path / "nothing"))


@pytest.fixture
def drawn_vit(tmp_path):
    """A folder with a small ViT."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    cfg = transformers.ViTConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8,
        image_size=16, patch_size=8,
    )  # fmt: skip
    folder = tmp_path / "vit"
    transformers.ViTModel(cfg).save_pretrained(folder)
    transformers.ViTImageProcessor(size={"height": 16, "width": 16}).save_pretrained(folder)
    return str(folder)


def test_frozen_features_are_the_networks_own(drawn_vit):
    import transformers

    pixels = torch.randint(256, (3, 3, 12, 12), dtype=torch.uint8)
    features = frozen_features(pixels, drawn_vit)
    model = transformers.ViTModel.from_pretrained(drawn_vit).eval()
    processor = transformers.AutoImageProcessor.from_pretrained(drawn_vit)
    for picture, found in zip(pixels, features, strict=True):
        inputs = processor(images=[picture], return_tensors="pt")
        torch.testing.assert_close(found, model(**inputs).pooler_output[0].detach())


def test_a_gpu_sees_the_same(drawn_vit, same_on_a_gpu):
    pixels = torch.randint(256, (3, 3, 12, 12), dtype=torch.uint8)

    def see(folder):
        save_file({"features": frozen_features(pixels, drawn_vit)}, folder / "features")

    same_on_a_gpu(see)


@given(most=st.integers(0, 3), seed=st.integers(0, 99))
def test_moved_pictures_are_crops_of_the_padded_picture_or_its_mirror_image(most, seed):
    pixels = torch.randint(0, 255, (3, 3, 5, 5), dtype=torch.uint8)  # 255 is the paper alone
    moved = move(pixels, most, torch.Generator().manual_seed(seed))
    for picture, found in zip(pixels, moved, strict=True):
        wide = torch.nn.functional.pad(picture, [most] * 4, value=255)
        crops = [
            crop if not mirrored else crop.flip(2)
            for y in range(2 * most + 1)
            for x in range(2 * most + 1)
            for crop in [wide[:, y : y + 5, x : x + 5]]
            for mirrored in (False, True)
        ]
        assert any(torch.equal(found, crop) for crop in crops)


def test_movement_is_seeded_and_mirrors_about_half():
    pixels = torch.arange(5, dtype=torch.uint8).expand(400, 3, 5, 5)
    moved = move(pixels, 0, torch.Generator().manual_seed(0))
    assert torch.equal(moved, move(pixels, 0, torch.Generator().manual_seed(0)))
    assert 0.4 < (moved[:, 0, 0, 0] == 4).float().mean() < 0.6


def test_the_encoder_sees_every_pixel():
    encoder = PictureEncoder((4, 6))
    pixels = torch.full((1, 3, 8, 8), 100, dtype=torch.uint8)
    base = encoder(pixels)
    assert base.shape == (1, 6)
    for y, x in ((0, 0), (7, 7), (3, 4)):
        changed = pixels.clone()
        changed[0, 1, y, x] = 200
        assert not torch.allclose(encoder(changed), base)


def test_trigrams_are_of_the_text_alone():
    assert trigrams("A  Frog.") == trigrams("a frog.")
    assert len(trigrams("frog")) == len(" frog ") - 2
    assert all(1 <= code <= BUCKETS for code in trigrams("ünïcode 字"))
    assert len(trigrams("")) == 1


def test_padding_does_not_change_a_text():
    encoder = TextEncoder(5)
    alone = encoder(as_trigrams(["A frog."]))
    both = as_trigrams(["A frog.", "A much longer caption of a frog."])
    assert (both[0] == PADDING).any()
    torch.testing.assert_close(encoder(both)[:1], alone)
    expected = encoder.vectors.weight[torch.tensor(trigrams("A frog."))].mean(0)
    torch.testing.assert_close(alone[0], expected)

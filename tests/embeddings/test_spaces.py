"""Spaces: what they refuse, and that files and normalisation do what they say."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from crosstalk.embeddings.spaces import Normaliser, Space
from crosstalk.errors import DataError

WRITE = """
import sys
from pathlib import Path
import numpy as np
from crosstalk.embeddings.spaces import Space
vectors = np.arange(1, 7, dtype=np.float32).reshape(3, 2)
Space(["der", "Größe", "猫"], [9, 2, 2], vectors).save(Path(sys.argv[1]))
"""


def make(words=("a", "b", "c"), counts=(5, 3, 3), vectors=((1, 0), (0, 2), (3, 3))):
    return Space(list(words), np.array(counts), np.array(vectors, np.float32))


def test_a_saved_space_comes_back(tmp_path):
    space = make(words=("der", "Größe", "猫"))
    space.save(tmp_path / "space.safetensors")
    loaded = Space.load(tmp_path / "space.safetensors")
    assert loaded.words == space.words
    assert loaded.index["猫"] == 2
    np.testing.assert_array_equal(loaded.counts, space.counts)
    np.testing.assert_array_equal(loaded.vectors, space.vectors)
    assert loaded.vectors.dtype == np.float32


def test_bytes_do_not_depend_on_the_process(tmp_path):
    for hash_seed in ("1", "2"):
        path = tmp_path / hash_seed
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        subprocess.run([sys.executable, "-c", WRITE, path], check=True, env=environment)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"words": ("a", "b", "a")}, "'a' stands twice"),
        ({"words": ("a", "b")}, "one count and one vector a word"),
        ({"counts": (5, 3, 4)}, "'c' is out of order"),
        ({"vectors": ((1, 0), (0, np.nan), (1, 1))}, "vector of 'b' is not finite"),
        ({"vectors": ((1, 0), (0, 1), (0, 0))}, "vector of 'c' is zero"),
    ],
)
def test_broken_spaces_are_refused(change, message):
    with pytest.raises(DataError, match=message):
        make(**change)


@pytest.mark.parametrize("content", [b"", b"not a space", b"\x08\0\0\0\0\0\0\0{}      "])
def test_a_file_that_is_no_space_is_named(tmp_path, content):
    path = tmp_path / "space.safetensors"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"space\.safetensors is not an embedding space"):
        Space.load(path)


@given(arrays(np.float32, (6, 3), elements=st.floats(0.5, 4, width=32)))
def test_normalised_vectors_are_unit_centred_and_unit(vectors):
    vectors *= np.array([[1, 1, 1], [-1, 1, 1], [1, -1, 1], [1, 1, -1], [-1, -1, 1], [1, -1, -1]])
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    centred = unit - unit.mean(0)
    expected = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    space = make(words="abcdef", counts=[1] * 6, vectors=vectors)
    np.testing.assert_allclose(space.normalise().vectors, expected, atol=1e-5)
    np.testing.assert_array_equal(space.normalise(()).vectors, space.vectors)


def test_a_fitted_normaliser_treats_one_token_as_it_treats_the_space():
    space = make()
    normaliser = Normaliser.fit(space.vectors, ("unit", "centre", "unit"))
    alone = np.concatenate([normaliser.apply(row[None]) for row in space.vectors])
    np.testing.assert_allclose(alone, space.normalise().vectors, atol=1e-6)


def test_a_vector_without_direction_cannot_be_normalised():
    with pytest.raises(DataError, match="vector 0 is zero"):
        make(words=("a",), counts=(1,), vectors=((1, 2),)).normalise()

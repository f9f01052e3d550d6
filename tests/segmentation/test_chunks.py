"""Equal chunks."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.params.segmentation import ChunkParams
from crosstalk.segmentation.chunks import equal_chunks


@given(st.lists(st.integers(1, 400), max_size=5), st.sampled_from([1.0, 10.0, 300.0, 5000.0]))
def test_chunks_fill_each_stretch_equally(lengths, chunk_ms):
    edges = np.cumsum([0, *lengths])
    stretches = np.stack(
        (edges[:-1] + np.arange(len(lengths)), edges[1:] + np.arange(len(lengths))), 1
    )
    chunks = equal_chunks(stretches, ChunkParams(chunk_ms=chunk_ms), 10.0)
    for first, last in stretches:
        inside = chunks[(chunks[:, 0] >= first) & (chunks[:, 1] <= last)]
        assert inside[0, 0] == first
        assert inside[-1, 1] == last
        assert (inside[1:, 0] == inside[:-1, 1]).all()
        sizes = np.diff(inside)
        assert sizes.min() >= 1
        assert np.ptp(sizes) <= 1
        if last - first >= chunk_ms / 10:  # rounding errs by a third of a chunk, at one and a half
            assert 2 / 3 * chunk_ms - 10 <= sizes.mean() * 10 <= 1.5 * chunk_ms + 10
    assert len(chunks) >= len(lengths)

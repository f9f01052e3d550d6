"""The loss against closed forms, a loop that gathers vectors, and what collapse does to it."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crosstalk.xlsr.objective import (
    code_perplexity,
    contrastive_logits,
    contrastive_loss,
    diversity_loss,
    draw_distractors,
    hits,
)

CPU = torch.device("cpu")


def literal_logits(context, targets, codes, distractors, temperature):
    """Cosines of gathered vectors, one frame at a time."""
    rows, masked, count = distractors.shape
    logits = torch.full((rows, masked, 1 + count), -math.inf)
    for b in range(rows):
        for m in range(masked):
            for k, other in enumerate([m, *distractors[b, m].tolist()]):
                if k == 0 or codes[b, other] != codes[b, m]:
                    logits[b, m, k] = torch.cosine_similarity(
                        context[b, m], targets[b, other], dim=0
                    )
    return logits / temperature


@given(st.integers(1, 4), st.integers(2, 9), st.integers(1, 12), st.integers(0, 2**31))
@settings(max_examples=30)
def test_logits_are_those_of_gathered_vectors(rows, masked, count, seed):
    torch.manual_seed(seed)
    codes = torch.randint(3, (rows, masked))
    targets = torch.randn(3, 5)[codes]
    context = torch.randn(rows, masked, 5)
    distractors = draw_distractors(rows, masked, count, CPU)
    found = contrastive_logits(context, targets, codes, distractors, 0.1)
    wanted = literal_logits(context, targets, codes, distractors, 0.1)
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-5)


@given(st.integers(1, 5), st.integers(2, 40), st.integers(1, 60), st.integers(0, 2**31))
@settings(max_examples=50)
def test_a_distractor_is_another_masked_frame_of_the_row(rows, masked, count, seed):
    torch.manual_seed(seed)
    drawn = draw_distractors(rows, masked, count, CPU)
    assert drawn.shape == (rows, masked, count)
    assert drawn.min() >= 0
    assert drawn.max() < masked
    assert not (drawn == torch.arange(masked)[:, None]).any()


def test_every_other_frame_is_as_likely():
    torch.manual_seed(0)
    drawn = draw_distractors(1, 5, 40_000, CPU)[0, 2]
    shares = torch.bincount(drawn, minlength=5) / 40_000
    torch.testing.assert_close(shares, torch.tensor([0.25, 0.25, 0, 0.25, 0.25]), atol=0.01, rtol=0)


def test_chance_is_the_logarithm_of_the_candidates():
    """Vectors of many dimensions are nearly orthogonal, so all 101 candidates look alike."""
    torch.manual_seed(0)
    targets, context = torch.randn(2, 4, 200, 4096)
    codes = torch.arange(200).expand(4, -1)
    distractors = draw_distractors(4, 200, 100, CPU)
    logits = contrastive_logits(context, targets, codes, distractors, 1.0)
    assert contrastive_loss(logits).item() / 800 == pytest.approx(math.log(101), abs=1e-3)
    assert hits(logits) / 800 == pytest.approx(1 / 101, abs=0.015)


def test_the_loss_is_cross_entropy_even_without_distractors():
    logits = torch.randn(3, 4, 6)
    logits[0, 0, 1:] = -math.inf
    labels = torch.zeros(12, dtype=torch.int64)
    wanted = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels, reduction="sum")
    torch.testing.assert_close(contrastive_loss(logits), wanted)


def test_no_frame_is_hit_where_all_look_alike():
    assert hits(torch.ones(2, 3, 5)) == 0
    assert hits(torch.tensor([[[2.0, 1.0, 0.0], [0.0, 1.0, 2.0]]])) == 1


def test_diversity_is_0_for_even_and_nearly_1_for_collapsed_codebooks():
    groups, entries = 2, 8
    size = groups * entries
    even = torch.zeros(50, groups, entries)
    assert diversity_loss(even).item() == pytest.approx(0, abs=1e-6)
    peaked = 200 * torch.nn.functional.one_hot(torch.arange(48) % entries, entries).float()
    assert diversity_loss(peaked[:, None].expand(-1, groups, -1)).item() == pytest.approx(
        0, abs=1e-6
    )
    collapsed = torch.zeros(50, groups, entries)
    collapsed[..., 3] = 200
    assert diversity_loss(collapsed).item() == pytest.approx((size - groups) / size)


def test_code_perplexity_counts_codes_in_even_use():
    codes = torch.tensor([[0, 5], [1, 5], [2, 5], [3, 5]])
    assert code_perplexity(codes, 8).item() == pytest.approx(4 + 1)

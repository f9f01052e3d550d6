"""Matching: by hand, by a literal loop, and what the same picture in two languages must not do."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.grounding.objective import joint_loss, matching_loss, matching_scores


def literal_loss(spoken, seen, same, scale, margin):
    """Both directions by loops over captions and their candidates."""
    n, total = len(spoken), 0.0
    for queries, answers in ((spoken, seen), (seen, spoken)):
        for i in range(n):
            scores = {
                j: scale * float(queries[i] @ answers[j]) - (margin if i == j else 0)
                for j in range(n)
                if i == j or not same[i][j]
            }
            total += math.log(sum(map(math.exp, scores.values()))) - scores[i]
    return total / n


@given(
    n=st.integers(1, 7),
    pictures=st.integers(1, 7),
    scale=st.sampled_from([1.0, 14.3]),
    margin=st.sampled_from([0.0, 1.0]),
    seed=st.integers(0, 2**16),
)
def test_the_loss_is_the_literal_one(n, pictures, scale, margin, seed):
    generator = torch.Generator().manual_seed(seed)
    spoken, seen = torch.randn(2, n, 5, generator=generator, dtype=torch.float64) / 5
    picture = torch.randint(pictures, (n,), generator=generator)
    same = picture[:, None] == picture
    loss = matching_loss(matching_scores(spoken, seen, same, scale=scale, margin=margin))
    assert float(loss) == pytest.approx(literal_loss(spoken, seen, same, scale, margin), abs=1e-9)


def test_two_captions_by_hand():
    """Scores 1 and 0: each of the four terms is log(1 + 1/e), the sum over directions twice it."""
    one_hot = torch.eye(2)
    loss = matching_loss(matching_scores(one_hot, one_hot, torch.eye(2) > 0))
    assert float(loss) == pytest.approx(2 * math.log(1 + math.exp(-1)), abs=1e-6)


def test_knowing_nothing_costs_twice_the_log_of_the_batch():
    nothing = torch.zeros(16, 4)
    loss = matching_loss(matching_scores(nothing, nothing, torch.eye(16) > 0))
    assert float(loss) == pytest.approx(2 * math.log(16), abs=1e-5)


def test_translations_of_one_caption_do_not_push_each_other_away():
    """Pictures 0 and 1 are the same one; without the mask each is the other's hardest negative."""
    spoken = torch.randn(4, 6, generator=torch.Generator().manual_seed(0)).requires_grad_()
    seen = torch.randn(4, 6, generator=torch.Generator().manual_seed(1))
    seen[1] = seen[0]
    picture = torch.tensor([7, 7, 8, 9])
    scores = matching_scores(spoken, seen, picture[:, None] == picture)
    assert scores[0, 1] == scores[1, 0] == -torch.inf
    matching_loss(scores).backward()
    assert torch.isfinite(spoken.grad).all()

    # The first caption's loss does not change when its translation moves onto it.
    moved = spoken.detach().clone()
    moved[1] = moved[0]
    rows = [matching_scores(s, seen, picture[:, None] == picture)[0] for s in (spoken, moved)]
    torch.testing.assert_close(*rows)


def test_a_batch_of_one_picture_has_nothing_to_tell_apart():
    spoken = torch.randn(3, 4)
    loss = matching_loss(matching_scores(spoken, spoken, torch.ones(3, 3, dtype=torch.bool)))
    assert float(loss) == pytest.approx(0.0, abs=1e-6)


def test_the_margin_makes_true_pairs_harder():
    spoken = torch.eye(3)
    plain, hard = (
        matching_loss(matching_scores(spoken, spoken, torch.eye(3) > 0, margin=m)) for m in (0, 1)
    )
    assert hard > plain


def test_alpha_weighs_the_two_objectives():
    matching, masked = torch.tensor(3.0), torch.tensor(5.0)
    assert float(joint_loss(matching, masked, 0.5)) == 4.0
    assert float(joint_loss(matching, masked, 0.0)) == 5.0
    assert float(joint_loss(matching, masked, 1.0)) == 3.0

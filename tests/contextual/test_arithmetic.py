"""Counted operations are those of a closed form."""

from crosstalk.contextual.arithmetic import (
    SENTENCE_SUBWORDS,
    aligning_operations,
    forward_operations,
    tuning_operations,
)
from crosstalk.params.contextual import AlignParams, EncoderParams, TuningParams

CFG = EncoderParams(layers=3, dimension=32, heads=4, feed_forward=48)
N = SENTENCE_SUBWORDS
FORWARD = 2 * 3 * (N * (4 * 32**2 + 2 * 32 * 48) + 2 * N**2 * 32)


def test_operations_of_a_sentence():
    assert forward_operations(CFG) == FORWARD


def test_both_sides_of_a_pair_learn_and_english_is_read_once_more():
    cfg = AlignParams(pairs=100, epochs=2)
    learn, read = 3 * 2 * FORWARD, FORWARD
    assert aligning_operations(CFG, cfg, languages=5) == 2 * 100 * 5 * (learn + read)


def test_each_protocol_passes_over_the_messages_and_one_over_pairs_too():
    cfg = TuningParams(messages=640, batch=32, epochs=3, continued_pairs=4)
    passed = 3 * 640 * FORWARD
    pairs = 3 * 20 * (2 * 4 * 5) * FORWARD  # updates, and both sides of each language's pairs
    expected = {"light": passed, "full": 3 * passed, "continued": 3 * passed + 3 * pairs}
    for protocol, operations in expected.items():
        one = cfg.model_copy(update={"protocols": (protocol,)})
        assert tuning_operations(CFG, one, languages=5) == operations
    every = cfg.model_copy(update={"protocols": tuple(expected)})
    assert tuning_operations(CFG, every, languages=5) == sum(expected.values())

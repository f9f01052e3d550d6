"""CSLS by its definition, one pair at a time: slow on purpose."""

import numpy as np


def cosine(x, y):
    return float(x @ y / (np.linalg.norm(x) * np.linalg.norm(y)))


def csls_table(source, target, k, source_space=None):
    """CSLS of every source with every target vector, as nested lists."""
    space = source if source_space is None else source_space
    r_source = [mean_of_largest([cosine(x, y) for y in target], k) for x in source]
    r_target = [mean_of_largest([cosine(y, x) for x in space], k) for y in target]
    return [
        [2 * cosine(x, y) - r_source[i] - r_target[j] for j, y in enumerate(target)]
        for i, x in enumerate(source)
    ]


def mean_of_largest(values, k):
    largest = sorted(values, reverse=True)[:k]
    return sum(largest) / len(largest)

"""ABX as its definition says it, in loops (Schatz et al. 2013)."""

import itertools
import math

import numpy as np


def angle(u, v):
    cosine = float(u @ v) / (math.sqrt(float(u @ u)) * math.sqrt(float(v @ v)))
    return math.acos(min(1.0, max(-1.0, cosine))) / math.pi


def dtw(a, b):
    """Least mean cost of a warping path from corner to corner, divided by the path's length."""
    cost = np.full((len(a) + 1, len(b) + 1), np.inf)
    cost[0, 0] = 0
    steps = np.zeros((len(a) + 1, len(b) + 1), int)
    for i, j in itertools.product(range(1, len(a) + 1), range(1, len(b) + 1)):
        ways = [(i - 1, j - 1), (i - 1, j), (i, j - 1)]
        best = min(ways, key=lambda way: cost[way])
        cost[i, j] = cost[best] + angle(a[i - 1], b[j - 1])
        steps[i, j] = steps[best] + 1
    return cost[-1, -1] / steps[-1, -1]


def error(a_tokens, b_tokens, x_tokens, distance, same):
    """Share of triples in which x is nearer to b than to a; ``same``: a and x are one list."""
    wrong, triples = 0.0, 0
    for (i, a), b, (j, x) in itertools.product(enumerate(a_tokens), b_tokens, enumerate(x_tokens)):
        if same and i == j:
            continue
        near, far = distance(a, x), distance(b, x)
        wrong += 1.0 if far < near else 0.5 if far == near else 0.0
        triples += 1
    return wrong / triples if triples else None


def phone_error_across(tokens, labels, phone, other, speakers, contexts):
    """a and b by one speaker, x by another; mean over those and contexts, then over speakers."""

    def said(what, speaker, context):
        rows = zip(tokens, labels, speakers, contexts, strict=True)
        return [t for t, *about in rows if about == [what, speaker, context]]

    means = []
    for here in sorted(set(speakers)):
        found = [
            error(
                said(phone, here, context),
                said(other, here, context),
                said(phone, there, context),
                dtw,
                same=False,
            )
            for there in sorted(set(speakers) - {here})
            for context in sorted(set(contexts))
        ]
        found = [value for value in found if value is not None]
        means += [np.mean(found)] if found else []
    return np.mean(means) if means else None


def phone_error(tokens, labels, phone, other, groups):
    """Mean over groups (speakers, or contexts of a speaker nested in speakers) of the error."""
    by_speaker = {}
    for group in sorted(set(groups)):
        a = [t for t, p, g in zip(tokens, labels, groups, strict=True) if (p, g) == (phone, group)]
        b = [t for t, p, g in zip(tokens, labels, groups, strict=True) if (p, g) == (other, group)]
        if len(a) > 1 and b:
            found = error(a, b, a, dtw, same=True)
            by_speaker.setdefault(group[0], []).append(found)
    means = [np.mean(values) for values in by_speaker.values()]
    return np.mean(means) if means else None

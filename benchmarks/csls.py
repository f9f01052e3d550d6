"""Exact CSLS: crosstalk's blocked search beside faiss's exact inner-product index (CPU).

Both find, for every source vector, the best target by 2 cos(x, y) - r(x) - r(y) with k = 10. faiss
searches both neighbourhoods with IndexFlatIP, then [x, 1] among [2y, -r(y)], whose inner product
is that score but for r(x). Each run is a process of its own: memory is the growth of its peak over
what it held with the vectors loaded. "same" is the share of source words with the same answer.
"""

import argparse
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from table import compare, show

NEIGHBOURS = 10


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[2000, 10_000, 20_000], help="words of each side"
    )
    parser.add_argument(
        "--large", action="store_true", help="also 200,000 words a side (minutes to hours)"
    )
    parser.add_argument("--dimension", type=int, default=50, help="of the vectors")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of either")
    arguments = parser.parse_args()
    rows = []
    for size in arguments.sizes + [200_000] * arguments.large:
        results = {}
        for function in (search_crosstalk, search_faiss):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                task = process.submit(
                    measure, function, size, arguments.dimension, arguments.threads
                )
                results[function] = task.result()
        (ours, memory, answers), (theirs, their_memory, their_answers) = results.values()
        same = float((answers == their_answers).mean())
        compare(f"CSLS, {size} words", ours, "faiss", theirs, "s", "torch", "faiss-cpu")
        rows.append((size, ours, theirs, ours / theirs, memory, their_memory, same))
    columns = ("words", "crosstalk s", "faiss s", "ratio", "crosstalk MiB", "faiss MiB", "same")
    show(columns, rows)


def measure(function, size, dimension, threads):
    """Seconds, growth of peak memory in MiB, and answers int64 [size]."""
    generator = np.random.default_rng(0)
    source = generator.normal(size=(size, dimension)).astype(np.float32)
    target = source + 0.5 * generator.normal(size=source.shape).astype(np.float32)
    function(source[:100], target[:100], threads)  # imports, and starts threads
    before = peak_mebibytes()
    begin = time.perf_counter()
    answers = function(source, target, threads)
    return time.perf_counter() - begin, peak_mebibytes() - before, answers


def search_crosstalk(source, target, threads):
    import torch

    from crosstalk.alignment.csls import nearest_csls

    torch.set_num_threads(threads)
    x, y = torch.from_numpy(source), torch.from_numpy(target)
    return nearest_csls(x, y, neighbours=NEIGHBOURS).numpy()


def search_faiss(source, target, threads):
    import faiss

    faiss.omp_set_num_threads(threads)
    source, target = source.copy(), target.copy()
    faiss.normalize_L2(source)
    faiss.normalize_L2(target)
    density = search(source, target, NEIGHBOURS)[0].mean(1, keepdims=True)
    queries = np.concatenate([source, np.ones_like(source[:, :1])], 1)
    return search(np.concatenate([2 * target, -density], 1), queries, 1)[1][:, 0]


def search(space, queries, k):
    """Scores and rows of the k largest inner products, exact."""
    import faiss

    index = faiss.IndexFlatIP(space.shape[1])
    index.add(space)
    return index.search(queries, k)


def peak_mebibytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()

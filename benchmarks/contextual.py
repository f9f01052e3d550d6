"""Contextual alignment: our updates beside Hugging Face's Trainer, our ranks beside faiss.

Alignment: one encoder, one objective, the same sentence pairs, whose words are random; what they
say does not matter for speed. "Trainer" is the loop that transformers' Trainer makes of BertModel
and torch's mean squared error: padded batches of one language at a time, English encoded for each.
With --shared the languages translate the same messages, which ours then encodes once. "loss" is
that of the first update, from the same weights and without dropout: the same number twice.

Retrieval: the place of every query's counterpart by CSLS beside faiss's exact search for the best
candidate alone; "same" is the share of queries that both find or both miss.
"""

import argparse
import copy
import tempfile
import time

import numpy as np
import torch
from table import compare, show
from torch.nn.functional import mse_loss
from torch.utils.data import SequentialSampler

from crosstalk.contextual.bitext import Bitext, word_places
from crosstalk.contextual.encoder import Encoder
from crosstalk.contextual.objective import PairBatches, alignment_loss
from crosstalk.contextual.pretrained import convert
from crosstalk.contextual.retrieval import ranks_of
from crosstalk.contextual.tokeniser import Subwords
from crosstalk.params.contextual import EncoderParams
from crosstalk.training.device import device

START, END, MASK_WORDS = 1, 2, 3
LANGUAGES = ("bg", "de", "el", "es", "fr")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--dimension", type=int, default=128)
    parser.add_argument("--vocabulary", type=int, default=8000)
    parser.add_argument("--words", type=float, default=10, help="median length of a sentence")
    parser.add_argument("--pairs", type=int, default=16, help="of each language an update")
    parser.add_argument("--updates", type=int, default=10, help="that are timed")
    parser.add_argument("--shared", action="store_true", help="languages translate one text")
    parser.add_argument(
        "--queries", type=int, nargs="*", default=[4000, 20_000], help="sizes of retrieval"
    )
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    compare_alignment(arguments)
    print()
    compare_retrieval(arguments)


def compare_alignment(arguments) -> None:
    from transformers import BertConfig, BertForMaskedLM

    config = BertConfig(
        vocab_size=arguments.vocabulary,
        hidden_size=arguments.dimension,
        num_hidden_layers=arguments.layers,
        num_attention_heads=arguments.dimension // 32,
        intermediate_size=4 * arguments.dimension,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    torch.manual_seed(0)
    bert = BertForMaskedLM(config)
    shape = EncoderParams(
        layers=arguments.layers,
        dimension=arguments.dimension,
        heads=config.num_attention_heads,
        feed_forward=config.intermediate_size,
        dropout=0.0,
    )
    bitext = synthesise(arguments)
    batches = PairBatches(bitext, arguments.pairs, 0, subword="last")
    ours = train_ours(convert(bert.state_dict(), shape), batches, arguments.updates)
    theirs = train_theirs(bert.bert, bitext, batches, arguments.updates)
    rows = [("crosstalk", *ours, 1.0), ("Trainer", *theirs, ours[0] / theirs[0])]
    what = ("contextual alignment", ours[0], "transformers' Trainer", theirs[0], "word pairs/s")
    compare(*what, "torch", "transformers", device=device().type)
    show(("alignment", "word pairs/s", "loss", "crosstalk is faster by"), rows)


def synthesise(arguments) -> Bitext:
    """Pairs of random words, one subword each; the n-th word is linked to the n-th."""
    generator = np.random.default_rng(0)
    count = arguments.pairs * (arguments.updates + 1)
    english = sentences(generator, count * (1 if arguments.shared else len(LANGUAGES)), arguments)
    language = torch.arange(len(LANGUAGES)).repeat_interleave(count)
    sentence = torch.arange(len(language)) % len(english)
    foreign = sentences(generator, len(language), arguments, english.lengths[sentence] - 2)
    places = word_places(foreign)
    return Bitext(LANGUAGES, language, english, sentence, foreign, places, places)


def sentences(generator, count, arguments, words=None) -> Subwords:
    if words is None:
        words = np.exp(0.6 * generator.normal(size=count)) * arguments.words
        words = words.round().clip(2, 60).astype(np.int64)
    offsets = np.concatenate([[0], (words + 2).cumsum()])
    ids = generator.integers(MASK_WORDS, arguments.vocabulary, offsets[-1]).astype(np.int32)
    ids[offsets[:-1]], ids[offsets[1:] - 1] = START, END
    word_offsets = np.concatenate([[0], words.cumsum()])
    places = np.arange(1, word_offsets[-1] + 1) - np.repeat(word_offsets[:-1], words)
    return Subwords(ids, offsets, word_offsets, places.astype(np.int32), places.astype(np.int32))


def train_ours(encoder: Encoder, batches: PairBatches, updates: int) -> tuple[float, float]:
    """Word pairs a second after the first loss, and that loss."""
    encoder = encoder.to(device())
    frozen = copy.deepcopy(encoder).requires_grad_(requires_grad=False)
    optimiser = torch.optim.Adam(encoder.parameters(), lr=1e-4, fused=True)
    losses, linked, begin = [], 0, 0.0
    for step in range(updates + 1):
        batch = batches.batch_at(step)
        loss = alignment_loss(encoder, frozen, batch, regularisation=1.0, target="frozen")
        losses.append(loss.item())
        if step:
            linked += len(batch.foreign_linked)
        else:
            begin = time.perf_counter()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return linked / (time.perf_counter() - begin), losses[0]


def train_theirs(bert, bitext: Bitext, batches: PairBatches, updates: int) -> tuple[float, float]:
    """The same by transformers' Trainer, over the same pairs."""
    from transformers import PrinterCallback, Trainer, TrainingArguments

    frozen = copy.deepcopy(bert).eval().requires_grad_(requires_grad=False).to(device())
    marks, losses = [], []

    class Aligner(Trainer):
        def compute_loss(self, model, inputs, **_):
            total = 0.0
            for part in inputs["languages"]:
                english, foreign = (
                    model(**{k: v for k, v in part[side].items() if k != "linked"})[0]
                    for side in ("english", "foreign")
                )
                with torch.no_grad():
                    before = frozen(part["english"]["input_ids"], part["english"]["attention_mask"])
                linked = part["english"]["linked"]
                inside = part["english"]["attention_mask"].bool()
                pulled = mse_loss(foreign[part["foreign"]["linked"]], before[0][linked])
                total = total + pulled + mse_loss(english[inside], before[0][inside])
            losses.append(total.item())
            marks.append(time.perf_counter())
            return total

        def _get_train_sampler(self, *_):
            return SequentialSampler(self.train_dataset)

    def collate(step) -> dict:
        pairs = [epochs.items_at(step[0]) for epochs in batches._epochs]
        return {"languages": [padded_pair(bitext, chosen) for chosen in pairs]}

    with tempfile.TemporaryDirectory() as folder:
        options = TrainingArguments(
            folder,
            max_steps=updates + 1,
            per_device_train_batch_size=1,
            learning_rate=1e-4,
            max_grad_norm=0,
            report_to=[],
            save_strategy="no",
            logging_strategy="no",
            disable_tqdm=True,
            remove_unused_columns=False,
            dataloader_pin_memory=False,
            use_cpu=not torch.cuda.is_available(),
        )
        steps = list(range(updates + 1))
        trainer = Aligner(bert, options, data_collator=collate, train_dataset=steps)
        trainer.remove_callback(PrinterCallback)
        trainer.train()
        end = time.perf_counter()
    linked = sum(len(batches.batch_at(step).foreign_linked) for step in steps[1:])
    return linked / (end - marks[0]), losses[0]


def padded_pair(bitext: Bitext, pairs: torch.Tensor) -> dict:
    """Both sides of some pairs, padded; their linked places as a mask."""
    return {
        "english": padded(bitext.english, bitext.sentence[pairs]),
        "foreign": padded(bitext.foreign, pairs),
    }


def padded(subwords: Subwords, rows: torch.Tensor) -> dict:
    lengths = torch.from_numpy(subwords.lengths)[rows]
    mask = torch.arange(int(lengths.max())) < lengths.unsqueeze(1)
    ids = torch.zeros(mask.shape, dtype=torch.int64)
    for row, sentence in enumerate(rows.tolist()):
        begin, end = subwords.offsets[sentence], subwords.offsets[sentence + 1]
        ids[row, : end - begin] = torch.from_numpy(subwords.ids[begin:end]).long()
    linked = mask & (ids != START) & (ids != END)
    return {"input_ids": ids, "attention_mask": mask.long(), "linked": linked}


def compare_retrieval(arguments) -> None:
    rows = []
    for size in arguments.queries:
        generator = torch.Generator().manual_seed(0)
        x = torch.randn(size, arguments.dimension, generator=generator)
        y = x + 1.5 * torch.randn(size, arguments.dimension, generator=generator)
        begin = time.perf_counter()
        ours = ranks_of(x, y, "csls", neighbours=10) == 1
        seconds = time.perf_counter() - begin
        begin = time.perf_counter()
        theirs = search_faiss(x.numpy(), y.numpy(), arguments.threads) == np.arange(size)
        their_seconds = time.perf_counter() - begin
        same = float((ours.numpy() == theirs).mean())
        what = (f"retrieval, {size} queries", size / seconds, "faiss", size / their_seconds)
        compare(*what, "queries/s", "torch", "faiss-cpu")
        rows.append((size, size / seconds, size / their_seconds, their_seconds / seconds, same))
    show(("queries", "crosstalk/s", "faiss/s", "crosstalk is faster by", "same"), rows)


def search_faiss(source, target, threads):
    """Rows of the best target by CSLS: [x, 1] among [2y, -r(y)], exact."""
    import faiss

    faiss.omp_set_num_threads(threads)
    source, target = (
        side / np.linalg.norm(side, axis=1, keepdims=True) for side in (source, target)
    )
    density = nearest(source, target, 10)[0].mean(1, keepdims=True)
    queries = np.concatenate([source, np.ones_like(source[:, :1])], 1)
    return nearest(np.concatenate([2 * target, -density], 1), queries, 1)[1][:, 0]


def nearest(space, queries, k):
    import faiss

    index = faiss.IndexFlatIP(space.shape[1])
    index.add(space)
    return index.search(queries, k)


if __name__ == "__main__":
    main()

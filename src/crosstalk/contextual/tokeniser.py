"""Subwords: one WordPiece vocabulary for all languages, and where each word's subwords lie.

BERT's (Devlin et al. 2019): a word is cut greedily into the longest known pieces. Words come split
already; a word is represented by the vector of its last piece (Cao et al. 2020), so every word must
leave at least one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import NFC, BertNormalizer
from tokenizers.normalizers import Sequence as Normalizers
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.trainers import WordPieceTrainer

from crosstalk.errors import DataError
from crosstalk.params.contextual import TokeniserParams

PAD, UNKNOWN, START, END, MASK = SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
CONTINUES = "##"


@dataclass(frozen=True, eq=False)
class Subwords:
    """Sentences as subwords, end to end, each between [CLS] and [SEP]."""

    ids: np.ndarray
    """int32 [N]: vocabulary entries."""
    offsets: np.ndarray
    """int64 [S + 1]: where each sentence starts."""
    word_offsets: np.ndarray
    """int64 [S + 1]: where each sentence's words start in ``first`` and ``last``."""
    first: np.ndarray
    """int32 [W]: place of each word's first subword in its sentence; [CLS] is place 0."""
    last: np.ndarray
    """int32 [W]: place of its last one."""
    second: np.ndarray | None = None
    """int64 [S]: place where the second segment of each sentence starts; None if it has but one."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """int64 [S]: subwords of each sentence, [CLS] and [SEP] counted."""
        return np.diff(self.offsets)


class WordPieces:
    """A vocabulary and how words are cut by it."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        missing = [token for token in SPECIAL if tokenizer.token_to_id(token) is None]
        if missing:
            raise DataError(f"the vocabulary lacks {' '.join(missing)}: it is not one of BERT's")
        self._tokenizer = tokenizer
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._ends = self.id_of(START), self.id_of(END)

    @classmethod
    def train(cls, sentences: Iterable[Sequence[str]], cfg: TokeniserParams) -> WordPieces:
        """Learn a vocabulary from sentences of words; the same sentences give the same one."""
        text = [" ".join(sentence) for sentence in sentences]
        draft = _tokenizer(WordPiece({UNKNOWN: 0}, unk_token=UNKNOWN), cfg)
        distinct = {word for sentence in text for word in sentence.split()}
        letters = set().union(*map(draft.normalizer.normalize_str, distinct)) - {" "}
        # The trainer numbers the letters inside words in the order of a hash map, which decides
        # between pairs of equal count: naming them first makes the vocabulary repeatable.
        inside = [CONTINUES + letter for letter in sorted(letters)]
        trainer = WordPieceTrainer(
            vocab_size=cfg.vocabulary,
            min_frequency=cfg.min_count,
            special_tokens=[*SPECIAL, *inside],
            continuing_subword_prefix=CONTINUES,
            show_progress=False,
        )
        draft.train_from_iterator(text, trainer)
        vocabulary = draft.get_vocab(with_added_tokens=True)
        if len(vocabulary) > cfg.vocabulary:
            raise DataError(
                f"the text has {len(letters)} different letters, which alone need a vocabulary of "
                f"{len(vocabulary)}: raise tokeniser.vocabulary"
            )
        tokenizer = _tokenizer(WordPiece(vocabulary, unk_token=UNKNOWN), cfg)
        tokenizer.add_special_tokens(list(SPECIAL))
        return cls(tokenizer)

    def __len__(self) -> int:
        return self._tokenizer.get_vocab_size()

    def id_of(self, token: str) -> int:
        """Entry of a piece; of [UNK] if there is no such piece."""
        found = self._tokenizer.token_to_id(token)
        return self._tokenizer.token_to_id(UNKNOWN) if found is None else found

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """Pieces of vocabulary entries."""
        return [self._tokenizer.id_to_token(int(i)) for i in ids]

    def cut(self, sentences: Sequence[Sequence[str]]) -> Subwords:
        """Cut sentences of words.

        Raises
        ------
        DataError
            If nothing is left of a word, such as one of soft hyphens, or a sentence has no word.

        """
        words = np.array([len(sentence) for sentence in sentences], np.int64)
        if not words.all():
            raise DataError("a sentence has no words: leave it out of the table")
        # Words are cut one by one, wherever they stand: once each is enough.
        code, distinct = pd.factorize(np.array([w for s in sentences for w in s], object))
        encodings = self._tokenizer.encode_batch(
            [[w] for w in distinct], add_special_tokens=False, is_pretokenized=True
        )
        pieces = [encoding.ids for encoding in encodings]
        sizes = np.array([len(ids) for ids in pieces], np.int64)
        if not sizes.all():
            raise DataError(
                f"nothing is left of the word {distinct[int(sizes.argmin())]!r} (a soft hyphen or "
                "other invisible letter?): remove it from the text"
            )
        return _join(words, code, sizes, np.concatenate(pieces), self._ends)

    def cut_pairs(
        self, first: Sequence[Sequence[str]], second: Sequence[Sequence[str]], longest: int
    ) -> Subwords:
        """Cut pairs of sentences of words: [CLS], the first, [SEP], the second, [SEP].

        Pairs of more than ``longest`` subwords, these three counted, are shortened at the end of
        their longer side, one by one (BERT's code). Where their words lie is not kept.

        Raises
        ------
        DataError
            As `cut`.

        """
        sides = [self.cut(side) for side in (first, second)]
        inside = [side.lengths - 2 for side in sides]
        kept = shortened(*inside, longest - 3)
        start, end = (np.array([entry], np.int32) for entry in self._ends)
        parts: list[np.ndarray] = []
        starts = [side.offsets[:-1] + 1 for side in sides]
        for one, other, one_size, other_size in zip(*starts, *kept, strict=True):
            parts += [start, sides[0].ids[one : one + one_size], end]
            parts += [sides[1].ids[other : other + other_size], end]
        lengths = kept[0] + kept[1] + 3
        none = np.zeros(0, np.int32)
        return Subwords(
            np.concatenate(parts),
            np.concatenate([[0], lengths.cumsum()]),
            np.zeros(len(lengths) + 1, np.int64),
            none,
            none,
            second=kept[0] + 2,
        )

    def save(self, path: Path) -> None:
        """Write the tokenizers library's JSON."""
        path.write_text(self._tokenizer.to_str(pretty=True) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> WordPieces:
        """Read what :meth:`save` wrote."""
        try:
            tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
        except Exception as error:  # the library raises Exception itself
            raise DataError(f"{path} is not a tokeniser ({error}): make it again") from error
        return cls(tokenizer)


def shortened(first: np.ndarray, second: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Lengths int64 [S] of two sides after their longer one was shortened to ``most`` in all.

    Of two sides of one length the second is shortened (BERT's code).
    """
    kept = np.minimum(first, np.maximum(most - second, -(-most // 2)))
    return kept, np.minimum(second, most - kept)


def _tokenizer(model: WordPiece, cfg: TokeniserParams) -> Tokenizer:
    tokenizer = Tokenizer(model)
    bert = BertNormalizer(lowercase=cfg.lower_case, strip_accents=cfg.strip_accents)
    tokenizer.normalizer = Normalizers([NFC(), bert])
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return tokenizer


def _join(
    words: np.ndarray,
    code: np.ndarray,
    sizes: np.ndarray,
    pieces: np.ndarray,
    ends: tuple[int, int],
) -> Subwords:
    """Put sentences together.

    ``words`` [S] counts the words of each sentence, ``code`` [W] names each word, ``sizes`` [V] and
    ``pieces`` are the subwords of the distinct words, ``ends`` stand around each sentence.
    """
    word_offsets = np.concatenate([[0], words.cumsum()])
    size = sizes[code]
    before = np.concatenate([[0], size.cumsum()])  # subwords before each word, ends not counted
    offsets = before[word_offsets] + 2 * np.arange(len(words) + 1)
    sentence = np.repeat(np.arange(len(words)), words)
    first = before[:-1] - before[word_offsets[sentence]] + 1
    ids = np.empty(offsets[-1], np.int32)
    ids[offsets[:-1]], ids[offsets[1:] - 1] = ends
    starts = np.concatenate([[0], sizes.cumsum()])[code]
    within = np.arange(before[-1]) - np.repeat(before[:-1], size)
    ids[np.repeat(offsets[sentence] + first, size) + within] = pieces[
        np.repeat(starts, size) + within
    ]
    last = first + size - 1
    return Subwords(ids, offsets, word_offsets, first.astype(np.int32), last.astype(np.int32))

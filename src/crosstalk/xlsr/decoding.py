"""From log-probabilities to labels: the best path, or words of a lexicon with a language model.

Phones and characters are the best path, without a language model (XLSR, section 4.3). Words are
found by a beam search (torchaudio's, of flashlight) over the spellings of a lexicon, weighed by
an n-gram model.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torchaudio.models.decoder import CTCDecoder, CTCDecoderLM, CTCDecoderLMState, ctc_decoder

from crosstalk.errors import DataError
from crosstalk.params.ctc import DecodeParams
from crosstalk.text.ngrams import END, START, NgramModel
from crosstalk.xlsr.tokens import BLANK, SEPARATOR, Vocabulary

_BLANK_TOKEN, _UNKNOWN = "<blank>", "<unk>"
_IMPOSSIBLE = -1e4  # infinities would make differences of scores undefined


def best_path(log_probs: Tensor) -> list[int]:
    """Return the labels of the most probable path of float [T, V + 1]: no repeats, no blanks."""
    path = torch.unique_consecutive(log_probs.argmax(dim=-1))
    return path[path != BLANK].tolist()


class WordSearch:
    """Finds the words that a model of characters wrote.

    Only words of the lexicon can be found; a word whose characters the model does not know is left
    out of it.
    """

    def __init__(
        self, sentences: Iterable[Sequence[str]], symbols: Vocabulary, cfg: DecodeParams
    ) -> None:
        """Learn lexicon and language model from ``sentences`` of words in one language.

        Raises
        ------
        DataError
            ``symbols`` are separate or lack the `SEPARATOR`, or can spell no word.

        """
        if symbols.scope == "separate" or SEPARATOR not in symbols.symbols:
            raise DataError(
                f"words are found with a shared vocabulary of characters that has {SEPARATOR!r}: "
                "fine-tune on utterances of several words"
            )
        known = set(symbols.symbols) - {SEPARATOR}
        kept = [list(sentence) for sentence in sentences]
        words = sorted({word for sentence in kept for word in sentence if set(word) <= known})
        if not words:
            raise DataError("the model's characters spell no word of the text: give it other text")
        language_model = _LanguageModel(NgramModel.fit(kept, cfg.order), [*words, _UNKNOWN])
        self._separator = symbols.encode([SEPARATOR], "")[0]
        self._decoder = _decoder(words, symbols, language_model, cfg)

    def __call__(self, log_probs: Tensor) -> list[str]:
        """Return the best words for float [T, V + 1].

        Labels have no separator after the last word and the lexicon's spellings do, so one more
        frame is added that is a separator for certain.
        """
        last = torch.full_like(log_probs[:1], _IMPOSSIBLE)
        last[:, self._separator] = 0.0
        emissions = torch.cat([log_probs, last]).float().contiguous().unsqueeze(0)
        found = self._decoder(emissions)[0]
        return found[0].words if found else []


def _decoder(
    words: Sequence[str], symbols: Vocabulary, lm: _LanguageModel, cfg: DecodeParams
) -> CTCDecoder:
    """Build torchaudio's decoder, which reads its lexicon from a file."""
    with tempfile.TemporaryDirectory() as folder:
        lexicon, order = Path(folder, "lexicon"), Path(folder, "words")
        spellings = (f"{word} {' '.join(word)} {SEPARATOR}\n" for word in words)
        lexicon.write_text("".join(spellings), encoding="utf-8")
        known = "".join(f"{word}\n" for word in [*words, _UNKNOWN])
        order.write_text(known, encoding="utf-8")
        return ctc_decoder(
            lexicon=str(lexicon),
            tokens=[_BLANK_TOKEN, *symbols.symbols],
            lm=lm,
            lm_dict=str(order),
            beam_size=cfg.beam,
            lm_weight=cfg.lm_weight,
            word_score=cfg.word_score,
            blank_token=_BLANK_TOKEN,
            sil_token=SEPARATOR,
            unk_word=_UNKNOWN,
        )


class _LanguageModel(CTCDecoderLM):
    """An n-gram model as the decoder asks for it: by states, one for each history.

    The decoder tells histories apart by the identity of their states, which `child` gives.
    """

    def __init__(self, model: NgramModel, words: Sequence[str]) -> None:
        super().__init__()
        self.model, self.words = model, words
        self._histories: dict[CTCDecoderLMState, tuple[str, ...]] = {}

    def start(self, start_with_nothing: bool) -> CTCDecoderLMState:  # noqa: ARG002
        self._histories = {}
        state = CTCDecoderLMState()
        self._histories[state] = (START,)
        return state

    def score(
        self, state: CTCDecoderLMState, usr_token_idx: int
    ) -> tuple[CTCDecoderLMState, float]:
        history, word = self._histories[state], self.words[usr_token_idx]
        child = state.child(usr_token_idx)
        kept = (*history, word)
        self._histories[child] = kept[max(0, len(kept) - self.model.order) :]
        return child, self.model.log_probability(word, history)

    def finish(self, state: CTCDecoderLMState) -> tuple[CTCDecoderLMState, float]:
        score = self.model.log_probability(END, self._histories[state])
        return state.child(len(self.words)), score

"""Words as pieces, against the library's own bookkeeping of one sentence at a time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosstalk.contextual.tokeniser import WordPieces
from crosstalk.errors import DataError
from crosstalk.params.contextual import TokeniserParams

SENTENCES = [
    ["Open", "the", "file", "."],
    ["Öffnen", "Sie", "die", "Datei", "."],
    ["Άνοιγμα", "του", "ίδιου", "αρχείου", "."],
    ["Отваряне", "на", "файла", "."],
    ["don't", "re-open", "l'archive", "(", "again", ")"],
    ["café", "naïve", "1.16", "½"],
] * 3
WORDS = [word for sentence in SENTENCES for word in sentence]
CFG = TokeniserParams(vocabulary=220, lower_case=True)


@pytest.fixture(scope="module")
def pieces():
    return WordPieces.train(SENTENCES, CFG)


def sentence_ids(subwords, row):
    return subwords.ids[subwords.offsets[row] : subwords.offsets[row + 1]]


@given(st.lists(st.lists(st.sampled_from(WORDS), min_size=1), min_size=1))
@settings(max_examples=40)
def test_sentences_are_cut_as_the_library_cuts_them(pieces, sentences):
    subwords = pieces.cut(sentences)
    for row, sentence in enumerate(sentences):
        expected = pieces._tokenizer.encode(
            sentence, is_pretokenized=True, add_special_tokens=False
        )
        assert pieces.pieces(sentence_ids(subwords, row)) == ["[CLS]", *expected.tokens, "[SEP]"]
        for word in range(len(sentence)):
            places = [i + 1 for i, of in enumerate(expected.word_ids) if of == word]
            at = subwords.word_offsets[row] + word
            assert (subwords.first[at], subwords.last[at]) == (places[0], places[-1])
    assert subwords.lengths.sum() == len(subwords.ids)


def test_pieces_spell_the_words(pieces):
    sentence = ["Άνοιγμα", "café", "файла", "re-open", "1.16"]
    found = pieces.pieces(sentence_ids(pieces.cut([sentence]), 0))[1:-1]
    assert "".join(piece.removeprefix("##") for piece in found) == "άνοιγμαcaféфайлаre-open1.16"


def test_case_and_accents_are_kept_or_lost_as_asked():
    keep = WordPieces.train([["Ώμος"]], TokeniserParams(vocabulary=200, min_count=1))
    lose = TokeniserParams(vocabulary=200, min_count=1, lower_case=True, strip_accents=True)
    assert keep.pieces(sentence_ids(keep.cut([["Ώμος"]]), 0))[1] == "Ώμος"
    lost = WordPieces.train([["Ώμος"]], lose)
    assert lost.pieces(sentence_ids(lost.cut([["Ώμος"]]), 0))[1] == "ωμος"


def test_a_letter_never_seen_is_unknown_but_there(pieces):
    subwords = pieces.cut([["open", "漢", "file"]])
    assert pieces.pieces(sentence_ids(subwords, 0))[subwords.last[1]] == "[UNK]"


@pytest.mark.parametrize("word", ["\u00ad", "\u200b", "\ufeff", ""])
def test_a_word_of_which_nothing_is_left_is_named(pieces, word):
    with pytest.raises(DataError, match=r"nothing is left of the word .* remove it"):
        pieces.cut([["open", word, "file"]])


def test_a_sentence_needs_words(pieces):
    with pytest.raises(DataError, match="no words"):
        pieces.cut([["open"], []])


def test_a_vocabulary_too_small_for_the_letters_is_an_error():
    text = [[chr(0x4E00 + n) for n in range(300)]]
    with pytest.raises(DataError, match=r"300 different letters, .* raise tokeniser\.vocabulary"):
        WordPieces.train(text, TokeniserParams(vocabulary=200))


def test_the_same_text_gives_the_same_vocabulary(tmp_path):
    """The library numbers letters in the order of a hash map, which is another one each time."""
    for n in range(6):
        WordPieces.train(SENTENCES, CFG).save(tmp_path / f"{n}")
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1


def test_what_was_saved_cuts_alike(pieces, tmp_path):
    pieces.save(tmp_path / "pieces.json")
    again = WordPieces.load(tmp_path / "pieces.json")
    assert again.cut(SENTENCES).ids.tolist() == pieces.cut(SENTENCES).ids.tolist()
    (tmp_path / "broken.json").write_text("{}")
    with pytest.raises(DataError, match="not a tokeniser"):
        WordPieces.load(tmp_path / "broken.json")

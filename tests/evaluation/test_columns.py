"""Tables 3, 5 and 6 of Chung et al. 2018 against answers counted by hand.

All vectors lie in a plane, so that the nearest word is the one at the nearest angle. Written words
stand at these angles, spoken ones a quarter turn before them, which the map turns back.

    English   big 0°    large 20°   dog 60°     the 100°   sea 150°   ocean 185°   a 240°
    French    grand 0°  vaste 30°   chien 60°   le 100°    mer 150°   océan 185°   un 240°

Nobody writes "imp", or what it means. "big" and "large" are synonyms: both mean "grand".
"""

import numpy as np
import pandas as pd
import pytest

from crosstalk.alignment.mapping import Mapping
from crosstalk.corpora.schemas import write_dictionary
from crosstalk.embeddings.spaces import Normaliser, Space
from crosstalk.embeddings.tokens import SpokenTokens
from crosstalk.evaluation.answers import read_items
from crosstalk.evaluation.columns import answer_column, score_word_classifier
from crosstalk.speech.utterances import Utterances

ENGLISH = {"big": 0, "large": 20, "dog": 60, "the": 100, "sea": 150, "ocean": 185, "a": 240}
FRENCH = {"grand": 0, "vaste": 30, "chien": 60, "le": 100, "mer": 150, "océan": 185, "un": 240}
DICTIONARY = [
    ("en", "fr", "big", "grand"),
    ("en", "fr", "large", "grand"),
    ("fr", "en", "vaste", "large"),
    ("en", "fr", "dog", "chien"),
    ("en", "fr", "sea", "mer"),
    ("en", "fr", "imp", "lutin"),
    ("en", "fr", "imp", "diablotin"),
    ("fr", "en", "lutin", "sprite"),
]

# What is asked, where the map puts it, and which words then are nearest, by hand:
TOKENS = [
    ("big", 3),  # English: big, large; French: grand
    ("big", 16),  # large, big; vaste, grand
    ("large", 70),  # dog, the, large, big, sea; chien, le, vaste, grand, mer
    ("dog", 62),  # dog; chien
    ("sea", 187),  # ocean, sea; océan, mer
    ("imp", 60),  # dog; chien
    ("large", 172),  # ocean, sea, a, the, dog, large; océan, mer, un, le, chien, vaste
    ("the", 99),  # the; le
]
# A row whose questions are one vector a word, that needs no turn and has none of "imp":
TYPES = {
    "big": 21,  # large, big; vaste, grand
    "large": 19,  # large, big; vaste, grand
    "dog": 99,  # the, dog; le, chien
    "sea": 151,  # sea; mer
    "the": 101,  # the; le
}
SAID = {"train": "the imp the imp imp big large dog the imp big sea large dog the imp big"}
SAID |= {"dev": "sea " * 9, "test": " ".join(word for word, _ in TOKENS)}


def at(angles):
    """Vectors [n, 2] at angles in degrees, each of another length, which must not matter."""
    turned = np.radians(np.array(list(angles), np.float64))
    lengths = np.linspace(3, 0.1, len(turned))
    return (lengths * np.stack([np.cos(turned), np.sin(turned)])).T.astype(np.float32)


def space(angles):
    return Space(list(angles), np.arange(len(angles), 0, -1), at(angles.values()))


def mapping(turn, **facts):
    radians = np.radians(turn)
    matrix = [[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]]
    nothing = Normaliser((), np.zeros(2, np.float32))
    return Mapping(np.array(matrix, np.float32), nothing, nothing, facts)


@pytest.fixture
def ask(tmp_path):
    """Answer a column for both rows; returns correctness by (table, row, column), and the words."""
    vocabulary = ["the", "imp", "big", "large", "dog", "sea"]
    said = [word for words in SAID.values() for word in words.split()]
    sizes = [len(words.split()) for words in SAID.values()]
    Utterances(
        frames=np.zeros((len(said), 2), np.float32),
        energy=np.zeros(len(said), np.float32),
        offsets=np.cumsum([0, *sizes]),
        speaker=np.zeros(3, np.int32),
        split=np.arange(3, dtype=np.uint8),
        word_first=np.arange(len(said)),
        word_last=np.arange(len(said)) + 1,
        word=np.array([vocabulary.index(word) for word in said], np.int32),
        vocabulary=vocabulary,
        speakers=["x"],
        messages=list(SAID),
    ).save(tmp_path / "utterances")
    columns = ["source_language", "target_language", "source_word", "target_word"]
    write_dictionary(pd.DataFrame(DICTIONARY, columns=columns), tmp_path / "dictionary")
    heard = at(angle - 90 for _, angle in TOKENS)
    words = [word for word, _ in TOKENS]
    SpokenTokens(words, ["test"] * len(words), heard).save(tmp_path / "tokens")
    space(ENGLISH).save(tmp_path / "spoken")  # tokens are asked about, and not this
    space(TYPES).save(tmp_path / "types")
    mapping(90, dictionary=["big"]).save(tmp_path / "turn")
    mapping(0).save(tmp_path / "stay")

    def column(target, written):
        space(written).save(tmp_path / "target")
        answer_column(
            column="x",
            source_language="en",
            target_language=target,
            seed=0,
            utterances=tmp_path / "utterances",
            dictionary=tmp_path / "dictionary",
            target=tmp_path / "target",
            rows=["A", "text"],
            vectors=["tokens", "types"],
            tokens=[tmp_path / "tokens", tmp_path / "tokens"],
            sources=[tmp_path / "spoken", tmp_path / "types"],
            mappings=[tmp_path / "turn", tmp_path / "stay"],
            answers=tmp_path / "answers",
            words=tmp_path / "words",
        )
        items = read_items(tmp_path / "answers")
        found = {
            key: list(zip(part["cluster"], part["correct"], strict=True))
            for key, part in items.groupby(["table", "row", "column"])
        }
        return found, pd.read_parquet(tmp_path / "words")

    return column


def spelt(answers):
    """``big 1, large 0`` as pairs of a word and its correctness."""
    pairs = (answer.split(" ") for answer in answers.split(", "))
    return [(word, float(correct)) for word, correct in pairs]


TABLE_3 = {
    # every token; "imp", which is not written, is wrong
    ("A", ""): "big 1, big 0, large 0, dog 1, sea 0, imp 0, large 0, the 1",
    ("text", ""): "big 0, big 0, large 1, dog 0, sea 1, imp 0, large 1, the 1",
    # "the" is heard four times in training, "imp" more often but not written
    ("Major-Word", ""): "big 0, big 0, large 0, dog 0, sea 0, imp 0, large 0, the 1",
    ("A", "tokens, missing wrong"): "big 1, big 0, large 0, dog 1, sea 0, imp 0, large 0, the 1",
    ("A", "tokens, missing dropped"): "big 1, big 0, large 0, dog 1, sea 0, large 0, the 1",
    # the map was fitted to "big"
    ("A", "tokens, held-out words"): "large 0, dog 1, sea 0, large 0, the 1",
    ("A", "types, missing dropped"): "big 0.5, dog 1, large 0, sea 0, the 1",
    ("text", "tokens, held-out words"): "big 0, big 0, large 1, dog 0, sea 1, large 1, the 1",
    ("text", "types, missing dropped"): "big 0, dog 0, large 1, sea 1, the 1",
    ("Major-Word", "types, missing dropped"): "big 0, dog 0, large 0, sea 0, the 1",
}
TABLE_5 = {
    # asked are words with synonyms: big and large; of "imp" neither it nor "sprite" is written
    ("A", "P@1"): "big 1, big 1, large 0, large 0",
    ("A", "P@5"): "big 1, big 1, large 1, large 0",  # the last "large" has it in sixth place
    ("text", "P@1"): "big 1, big 1, large 1, large 1",
    ("text", "P@5"): "big 1, big 1, large 1, large 1",
    ("Major-Word", "P@1"): "big 1, big 1, large 1, large 1",  # "big" is right for both
    ("Major-Word", "P@5"): "big 1, big 1, large 1, large 1",
    ("A", "tokens, missing wrong"): "big 1, big 1, large 0, imp 0, large 0",
    ("A", "tokens, missing dropped"): "big 1, big 1, large 0, large 0",
    ("A", "tokens, held-out words"): "large 0, large 0",
    ("A", "types, missing dropped"): "big 1, large 0",
    ("text", "types, missing dropped"): "big 1, large 1",
    ("Major-Word", "types, missing dropped"): "big 1, large 1",
}
TABLE_6 = {
    # asked are words with translations, not "the"; what "imp" means is not written
    ("A", "P@1"): "big 1, big 0, large 0, dog 1, sea 0, large 0",
    ("A", "P@5"): "big 1, big 1, large 1, dog 1, sea 1, large 0",
    ("text", "P@1"): "big 0, big 0, large 1, dog 0, sea 1, large 1",
    ("text", "P@5"): "big 1, big 1, large 1, dog 1, sea 1, large 1",
    # in training: grand 3 + 2, lutin and diablotin 5 but not written, chien 2, vaste 2, mer 1
    ("Major-Word", "P@1"): "big 1, big 1, large 1, dog 0, sea 0, large 1",
    ("Major-Word", "P@5"): "big 1, big 1, large 1, dog 1, sea 1, large 1",
    ("A", "tokens, missing wrong"): "big 1, big 0, large 0, dog 1, sea 0, imp 0, large 0",
    ("A", "tokens, missing dropped"): "big 1, big 0, large 0, dog 1, sea 0, large 0",
    ("A", "tokens, held-out words"): "large 0, dog 1, sea 0, large 0",
    ("A", "types, missing dropped"): "big 0.5, dog 1, large 0, sea 0",
    ("text", "types, missing dropped"): "big 0, dog 0, large 1, sea 1",
    ("Major-Word", "types, missing dropped"): "big 1, dog 0, large 1, sea 0",
}


def check(found, table, expected):
    for (row, column), answers in expected.items():
        if "," in column:
            key = f"{table}_readings", row, f"x, {column}"
        else:
            key = table, row, f"x {column}".rstrip()
        assert found[key] == spelt(answers), key


def test_words_and_their_synonyms_are_found(ask):
    found, words = ask("en", ENGLISH)
    check(found, "table_3", TABLE_3)
    check(found, "table_5", TABLE_5)
    assert {table for table, _, _ in found} == {
        "table_3",
        "table_3_readings",
        "table_5",
        "table_5_readings",
    }
    best = [f"answer_{place}" for place in range(1, 6)]
    rows = words[words["row"] == "A"]
    assert rows["word"].tolist() == [word for word, _ in TOKENS]
    assert rows[best].iloc[2].tolist() == ["dog", "the", "large", "big", "sea"]
    assert words[words["row"] == "text"][best].iloc[5].tolist() == [""] * 5  # "imp" has no vector


def test_words_are_translated(ask):
    found, words = ask("fr", FRENCH)
    check(found, "table_6", TABLE_6)
    assert {table for table, _, _ in found} == {"table_6", "table_6_readings"}
    best = [f"answer_{place}" for place in range(1, 6)]
    assert words[best].iloc[2].tolist() == ["chien", "le", "vaste", "grand", "mer"]


def test_a_space_of_few_words_leaves_places_empty(ask):
    _, words = ask("en", {"big": 0, "large": 20})
    best = [f"answer_{place}" for place in range(1, 6)]
    assert words[best].iloc[0].tolist() == ["big", "large", "", "", ""]


def test_the_classifier_is_right_where_it_names_the_word(tmp_path):
    predicted = {"word": ["big", "big", "imp"], "answer": ["big", "large", "imp"]}
    pd.DataFrame(predicted).to_parquet(tmp_path / "predicted")
    score_word_classifier(
        column="x", seed=0, predicted=tmp_path / "predicted", answers=tmp_path / "answers"
    )
    items = read_items(tmp_path / "answers")
    assert items["correct"].tolist() == [1, 0, 1]
    assert items["cluster"].tolist() == ["big", "big", "imp"]
    assert set(items["table"] + items["row"] + items["column"]) == {"table_3Word Classifierx"}

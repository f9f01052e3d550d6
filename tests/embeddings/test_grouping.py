"""Word types from tokens, units from sounds, and the supervised classifier, on planted words."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.embeddings.embed import embed_segments
from crosstalk.embeddings.grouping import average_by_word
from crosstalk.embeddings.kmeans import kmeans
from crosstalk.embeddings.listener import train_listener
from crosstalk.embeddings.spaces import Space
from crosstalk.embeddings.speech2vec_training import train_speech2vec
from crosstalk.embeddings.tokens import SpokenTokens
from crosstalk.embeddings.transcript import embed_transcript, mishear
from crosstalk.embeddings.units import commonest_words, discover_taught_units, discover_units
from crosstalk.embeddings.word_classifier import Tokens, train_word_classifier
from crosstalk.errors import DataError
from crosstalk.evaluation.answers import read_items
from crosstalk.params.embeddings import Word2VecParams
from crosstalk.params.segmentation import EmbeddingParams
from crosstalk.params.speech2vec import ClassifierParams, NetworkParams, TrainingParams, TypesParams
from crosstalk.segmentation.boundaries import Segmentation
from crosstalk.speech.utterances import Utterances


def test_types_are_means_over_tokens_most_frequent_first():
    vectors = np.arange(12, dtype=np.float32).reshape(6, 2) + 1
    space = average_by_word(vectors, np.array([1, 0, 1, 1, 0, 2]), ["a", "b", "c"], min_count=2)
    assert space.words == ["b", "a"]
    assert space.counts.tolist() == [3, 2]
    np.testing.assert_allclose(space.vectors[0], vectors[[0, 2, 3]].mean(0))
    with pytest.raises(DataError, match="min_count=9"):
        average_by_word(vectors, np.zeros(6, int), ["a"], min_count=9)


def test_kmeans_finds_planted_groups_and_repeats_itself():
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 4, 200)
    vectors = 10 * np.eye(4)[truth] + generator.normal(size=(200, 4))
    labels, centres = kmeans(vectors, 12, seed=0)
    for label in range(len(centres)):
        assert len(set(truth[labels == label])) == 1
    again, _ = kmeans(vectors, 12, seed=0)
    np.testing.assert_array_equal(labels, again)
    np.testing.assert_allclose(centres[labels[0]], vectors[labels == labels[0]].mean(0), rtol=1e-4)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Two kinds of sentences, each of its own five words; a word is a noisy template of frames."""
    folder = tmp_path_factory.mktemp("corpus")
    generator = np.random.default_rng(0)
    templates = generator.normal(size=(10, 12, 4))
    said, offsets, split, pieces = [], [0], [], []
    for utterance in range(160):
        words = generator.integers(0, 5, 6) + 5 * (utterance % 2)
        for word in words:
            stretched = templates[word][np.linspace(0, 11, generator.integers(9, 15)).astype(int)]
            pieces.append(stretched + 0.2 * generator.normal(size=stretched.shape))
            said.append(word)
        offsets.append(sum(map(len, pieces)))
        split.append(0 if utterance < 120 else 2)
    ends = np.cumsum([len(piece) for piece in pieces])
    frames = np.concatenate(pieces).astype(np.float32)
    utterances = Utterances(
        frames=frames,
        energy=frames[:, 0],
        offsets=np.array(offsets),
        speaker=np.zeros(160, np.int32),
        split=np.array(split, np.uint8),
        word_first=np.append(0, ends[:-1]),
        word_last=ends,
        word=np.array(said, np.int32),
        vocabulary=[f"w{i}" for i in range(10)],
        speakers=["x"],
        messages=[f"m/{i}" for i in range(160)],
    )
    utterances.save(folder / "utterances")
    train = utterances.words_of("train")
    Segmentation(utterances.word_first[train], utterances.word_last[train]).save(folder / "words")
    return folder


WORD2VEC = Word2VecParams(dimension=8, min_count=1, subsampling=0, epochs=40)
TYPES = TypesParams(min_count=2, clusters=20)


def teach(corpus, folder, epochs):
    """Teach a listener two languages, both of which are the corpus."""
    train_listener(
        cfg=ClassifierParams(dimension=32, epochs=epochs, batch_tokens=32, learning_rate=0.01),
        network=NetworkParams(),
        seed=0,
        utterances=[corpus / "utterances", corpus / "utterances"],
        model=folder / "listener",
        history=folder / "history.csv",
    )


def assert_words_of_a_topic_are_near(path):
    space = Space.load(path).normalise()
    topic = np.array([int(word[1:]) // 5 for word in space.words])
    cosines = space.vectors @ space.vectors.T
    same = topic[:, None] == topic
    np.fill_diagonal(same, False)
    assert cosines[same].mean() > cosines[topic[:, None] != topic].mean() + 0.3


def discover(folder, taught):
    common = {
        "word2vec": WORD2VEC,
        "types": TYPES,
        "column": "x",
        "seed": 0,
        "utterances": folder / "utterances",
        **{name: folder / name for name in ("space", "tokens", "answers")},
    }
    if taught:
        discover_taught_units(network=NetworkParams(), listener=folder / "listener", **common)
    else:
        discover_units(embedding=EmbeddingParams(), **common)


@pytest.mark.parametrize("row", ["units", "taught_units"])
def test_units_learn_which_words_keep_company(corpus, tmp_path, monkeypatch, row):
    monkeypatch.setattr("crosstalk.training.state.ROOT", tmp_path / "state")
    (tmp_path / "utterances").write_bytes((corpus / "utterances").read_bytes())
    if row == "taught_units":
        teach(corpus, tmp_path, epochs=4)
    discover(tmp_path, taught=row == "taught_units")
    assert_words_of_a_topic_are_near(tmp_path / "space")
    tokens = SpokenTokens.load(tmp_path / "tokens")
    assert len(tokens.words) == 40 * 6 == len(tokens.vectors)
    assert tokens.messages[0] == "m/120"
    items = read_items(tmp_path / "answers")
    assert items["cluster"].tolist() == tokens.words
    assert items["correct"].mean() > 0.9  # the planted words are far apart
    assert set(items["row"]) == {row}


RARE = WORD2VEC.model_copy(update={"min_count": 10**6})


def test_a_transcript_without_frequent_words_is_named(corpus, tmp_path):
    with pytest.raises(
        DataError, match=r"utterances has 720 spoken words and no .* min_count=1000"
    ):
        embed_transcript(
            word2vec=RARE,
            misheard=0.0,
            seed=0,
            utterances=corpus / "utterances",
            space=tmp_path / "space",
        )


def test_speech_without_frequent_units_is_named(corpus, tmp_path):
    with pytest.raises(DataError, match=r"utterances has 720 .* 20 clusters .* min_count=1000"):
        discover_units(
            embedding=EmbeddingParams(),
            word2vec=RARE,
            types=TYPES,
            column="x",
            seed=0,
            utterances=corpus / "utterances",
            **{name: tmp_path / name for name in ("space", "tokens", "answers")},
        )


def embed_rows_b_to_f(folder):
    network = NetworkParams(dimension=8, decoder_dimension=8)
    utterances, found, model = (folder / n for n in ("utterances", "segmentation", "model"))
    train_speech2vec(
        network=network,
        training=TrainingParams(epochs=2, batch_tokens=64),
        seed=0,
        utterances=utterances,
        segmentation=found,
        model=model,
        history=folder / "history",
    )
    embed_segments(
        network=network,
        types=TYPES,
        groupings=["clusters"],
        seed=0,
        utterances=utterances,
        segmentations=[found],
        models=[model],
        spaces=[folder / "space"],
        tokens=[folder / "tokens"],
    )


@pytest.fixture
def mislabelled(corpus, tmp_path, monkeypatch):
    """Folders with one speech: of one, the words are shuffled among the places where they stand."""
    monkeypatch.setattr("crosstalk.training.state.ROOT", tmp_path / "state")
    utterances = Utterances.load(corpus / "utterances")
    shuffled = np.random.default_rng(0).permutation(utterances.word)
    assert (shuffled != utterances.word).mean() > 0.8
    folders = tmp_path / "true", tmp_path / "shuffled"
    for folder, words in zip(folders, (utterances.word, shuffled), strict=True):
        folder.mkdir()
        Utterances(**vars(utterances) | {"word": words}).save(folder / "utterances")
        (folder / "segmentation").write_bytes((corpus / "words").read_bytes())
    return folders


def test_segments_are_embedded_and_clustered_without_words(mislabelled):
    """Of what the stages write, only the test tokens' names may know them: they are what is asked."""
    one, other = mislabelled
    for folder in mislabelled:
        embed_rows_b_to_f(folder)
    for name in ("model", "history", "space"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    tokens = [SpokenTokens.load(folder / "tokens") for folder in mislabelled]
    assert tokens[0].vectors.tobytes() == tokens[1].vectors.tobytes()
    assert tokens[0].words != tokens[1].words


@pytest.mark.parametrize("taught", [False, True])
def test_units_and_their_vectors_are_found_without_words(corpus, mislabelled, taught):
    if taught:
        teach(corpus, mislabelled[0], epochs=1)  # elsewhere, so with words of its own
        (mislabelled[1] / "listener").write_bytes((mislabelled[0] / "listener").read_bytes())
    for folder in mislabelled:
        discover(folder, taught)
    tokens = [SpokenTokens.load(folder / "tokens") for folder in mislabelled]
    assert tokens[0].vectors.tobytes() == tokens[1].vectors.tobytes()
    assert tokens[0].words != tokens[1].words


def test_a_unit_stands_for_the_word_it_most_often_is():
    units, words = np.array([0, 0, 0, 1, 2, 2]), np.array([4, 1, 4, 2, 3, 0])
    assert commonest_words(units, words, (3, 5)).tolist() == [4, 2, 0]


def test_a_transcript_is_read_as_text(corpus, tmp_path):
    embed_transcript(
        word2vec=WORD2VEC,
        misheard=0.0,
        seed=0,
        utterances=corpus / "utterances",
        space=tmp_path / "space",
    )
    assert_words_of_a_topic_are_near(tmp_path / "space")


@given(st.lists(st.integers(0, 9), max_size=200), st.floats(0, 1), st.integers(0, 9))
def test_misheard_words_stay_as_frequent_as_they_are(words, share, seed):
    words = np.array(words, np.int32)
    heard = mishear(words, share, seed)
    assert np.bincount(heard, minlength=10).tolist() == np.bincount(words, minlength=10).tolist()
    assert share > 0 or heard.tolist() == words.tolist()


def test_so_large_a_share_is_misheard():
    heard = mishear(np.arange(10_000), 0.2, seed=0)
    assert (heard != np.arange(10_000)).mean() == pytest.approx(0.2, abs=0.015)


def test_a_word_is_another_one_in_each_language_and_keeps_its_frames(corpus):
    one = Tokens.of(Utterances.load(corpus / "utterances"), "train", max_frames=100)
    both = Tokens.joined([one, one], [10, 10])
    asked = torch.tensor([0, 5, len(one.word) - 1])
    for offset, words in ((0, 0), (len(one.word), 10)):
        torch.testing.assert_close(both.batch(asked + offset), one.batch(asked))
        assert both.word[asked + offset].tolist() == (one.word[asked] + words).tolist()


def test_a_gpu_teaches_the_same(corpus, tmp_path, monkeypatch, same_on_a_gpu):
    monkeypatch.setattr("crosstalk.training.state.ROOT", tmp_path / "state")
    same_on_a_gpu(lambda folder: teach(corpus, folder, 1))


def classify(corpus, folder, epochs):
    train_word_classifier(
        cfg=ClassifierParams(dimension=32, epochs=epochs, batch_tokens=32, learning_rate=0.01),
        network=NetworkParams(),
        seed=0,
        utterances=corpus / "utterances",
        history=folder / "history.csv",
        answers=folder / "answers",
    )


def test_the_classifier_learns_planted_words(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr("crosstalk.training.state.ROOT", tmp_path / "state")
    classify(corpus, tmp_path, 8)
    answers = pd.read_parquet(tmp_path / "answers")
    assert (answers["word"] == answers["answer"]).mean() > 0.95
    assert pd.read_csv(tmp_path / "history.csv")["epoch"].tolist() == list(range(1, 9))


def test_a_gpu_classifies_the_same(corpus, tmp_path, monkeypatch, same_on_a_gpu):
    monkeypatch.setattr("crosstalk.training.state.ROOT", tmp_path / "state")
    same_on_a_gpu(lambda folder: classify(corpus, folder, 1))


def test_a_gpu_embeds_the_same(corpus, tmp_path, monkeypatch, same_on_a_gpu):
    monkeypatch.setattr("crosstalk.training.state.ROOT", tmp_path / "state")
    network = NetworkParams(dimension=8, decoder_dimension=8)
    utterances, words = corpus / "utterances", corpus / "words"

    def train_and_embed(folder):
        model = folder / "model"
        train_speech2vec(
            network=network,
            training=TrainingParams(optimiser="adam", epochs=1, batch_tokens=64),
            seed=0,
            utterances=utterances,
            segmentation=words,
            model=model,
            history=folder / "history",
        )
        embed_segments(
            network=network,
            types=TypesParams(min_count=2, clusters=20),
            groupings=["words", "clusters"],
            seed=0,
            utterances=utterances,
            segmentations=[words, words],
            models=[model, model],
            spaces=[folder / "of words", folder / "of clusters"],
            tokens=[folder / "heard", folder / "heard too"],
        )

    same_on_a_gpu(train_and_embed)

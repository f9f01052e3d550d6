"""All models of a pair are asked the same; gaps follow from their errors; figures are drawn."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from tests.grounding.conftest import PICTURES, TEST, tiny

from crosstalk.errors import DataError
from crosstalk.evaluation.abx import phone_errors
from crosstalk.evaluation.answers import read_items
from crosstalk.evaluation.gap import Errors, ratios
from crosstalk.grounding.evaluation import evaluate_grounded
from crosstalk.grounding.model import load_variants
from crosstalk.grounding.names import ACROSS, ERRORS
from crosstalk.grounding.representations import layers_of, phone_tokens
from crosstalk.grounding.summary import measure_gap
from crosstalk.grounding.training import train_grounded
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.params.grounding import AbxParams
from crosstalk.params.present import PresentParams
from crosstalk.results.draws import read_draws
from crosstalk.results.grounding import pick_pictures, plot_gap, plot_shared_space
from crosstalk.results.metrics import read_metrics
from crosstalk.segmentation.phones import read_phones
from crosstalk.speech.packed import PackedSpeech
from crosstalk.training import state

MODELS = [("mono", "fr"), ("mono", "ru"), ("bi", "fr-ru"), ("disjoint", "fr-ru")]
CFG = AbxParams(layer=1)


def evaluate(world, models, seed, folder):
    evaluate_grounded(
        cfg=CFG,
        pair="fr-ru",
        seed=seed,
        kinds=[kind for kind, _ in MODELS],
        languages=[languages for _, languages in MODELS],
        models=[models / f"{kind}-{languages}-{seed}" for kind, languages in MODELS],
        frames=world.frames,
        cuts=world.cuts,
        pictures=world.pictures,
        phones=world.phones,
        errors=folder / f"errors-{seed}",
        answers=folder / f"answers-{seed}",
        retrieved=folder / "retrieved",
        projection=folder / "projection",
    )


@pytest.fixture(scope="module")
def asked(world, tmp_path_factory):
    """Two seeds of four conditions, asked."""
    folder = tmp_path_factory.mktemp("asked")
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state, "ROOT", folder / "state")
        for seed in (0, 1):
            for kind, languages in MODELS:
                train_grounded(
                    cfg=tiny(),
                    languages=languages.split("-"),
                    kind=kind,
                    variants=["pictures"] if kind == "disjoint" else ["alone", "pictures"],
                    seed=seed,
                    frames=world.frames,
                    cuts=world.cuts,
                    pictures=world.pictures,
                    models=folder / f"{kind}-{languages}-{seed}",
                    history=folder / "history",
                )
            evaluate(world, folder, seed, folder)
    return folder


@pytest.mark.parametrize("column", ["layer 1", ACROSS])
def test_every_model_answers_the_same_questions(asked, column):
    errors = pd.read_parquet(asked / "errors-0")
    assert tuple(errors.columns) == ERRORS
    layer = errors[errors["column"] == column]
    questions = {
        row: sorted(zip(part["language"], part["cluster"], strict=True))
        for row, part in layer.groupby("row")
    }
    expected = {"mono SSL_A", "mono VGS+", "bi SSL_A", "bi VGS+", "disjoint VGS+"}
    assert questions.keys() == expected | {"untrained", "log-mel", "MFCC"}
    assert all(asked_for == questions["bi VGS+"] for asked_for in questions.values())


@pytest.mark.parametrize(
    ("column", "layer", "speakers"), [("layer 2", 2, "within"), (ACROSS, CFG.layer, "across")]
)
def test_a_models_errors_are_those_of_its_layer_on_its_language(
    asked, world, column, layer, speakers
):
    speech = PackedSpeech.read(world.frames, world.cuts)
    speech = speech.select(speech.cuts["split"] == "test")
    tokens = phone_tokens(read_phones(world.phones), speech)
    model = load_variants(asked / "mono-ru-1")["pictures"]
    frames = layers_of(model.speech, speech)[layer - 1]
    mine = tokens[tokens["language"] == "ru"]
    ranges = frames.ranges(*(mine[name].to_numpy() for name in ("utterance", "start", "end")))
    expected = phone_errors(frames.vectors, *ranges.T, mine, speakers=speakers)["error"].mean()
    errors = pd.read_parquet(asked / "errors-1")
    found = errors.query("row == 'mono VGS+' and column == @column and language == 'ru'")
    assert found["error"].mean() == pytest.approx(expected, abs=1e-6)


def test_retrieval_is_about_unseen_items_and_chance_is_among_its_rows(asked):
    items = read_items(asked / "answers-0")
    unseen = items[~items["column"].str.startswith("training")]
    assert set(unseen["cluster"]) == {f"things/{i}" for i in range(TEST)}
    trained = items[items["column"].str.startswith("training")]
    assert not set(trained["cluster"]) & set(unseen["cluster"])
    by = items.groupby(["row", "column"])["correct"]
    assert by.mean()["chance", "speech to picture R@1"] == pytest.approx(1 / TEST)
    assert "speech to speech R@1" not in set(items.loc[items["row"] == "mono VGS+", "column"])
    assert by.size()["bi VGS+", "speech to speech R@1"] == 2 * TEST


def test_gaps_are_ratios_of_averaged_errors(asked, tmp_path):
    measure_gap(
        cfg=EvaluationParams(resamples=200),
        layer=1,
        distant="fr-ru",
        errors=[asked / "errors-0", asked / "errors-1"],
        measures=tmp_path / "measures",
        draws=tmp_path / "draws",
    )
    found = read_metrics(tmp_path / "measures").set_index(["table", "row", "column", "seed"])
    errors = pd.concat([pd.read_parquet(asked / f"errors-{seed}") for seed in (0, 1)])
    rows = ("mono SSL_A", "mono VGS+", "bi SSL_A", "bi VGS+")
    for suffix, column in (("_across", ACROSS), ("", "layer 1")):
        layer = errors[errors["column"] == column]
        pairs = layer.groupby(["row", "seed", "language", "cluster"])["error"].mean()
        mean = pairs.groupby(["row", "language"]).mean().groupby("row").mean()
        for row in rows:
            value = found.loc[(f"abx{suffix}", row, "all pairs", "all"), "value"]
            assert value == pytest.approx(100 * mean[row], abs=1e-3)
        expected = ratios(Errors(*(mean[row] for row in rows)))
        for name, value in expected._asdict().items():
            measured = found.loc[(f"gap{suffix}", name, "all pairs", "all")]
            assert measured["value"] == pytest.approx(100 * value, abs=1e-3)
            assert measured["seeds"] == 2
            assert measured["ci_low"] <= measured["value"] <= measured["ci_high"]
    drawn = read_draws(tmp_path / "draws")
    by_row = drawn.xs(("gap", "all pairs"), level=("table", "column"))["draws"]
    np.testing.assert_allclose(
        by_row["gap_audio"] - by_row["gap_grounded"], by_row["gap_narrowed"], atol=1e-4
    )
    assert ("gap", "gain_disjoint", "all pairs", "all") in found.index
    assert ("gap", "gain_text", "all pairs", "all") not in found.index
    assert {"0", "1", "all"} == set(found.index.get_level_values("seed"))


@pytest.mark.parametrize(
    "lost",
    [
        pytest.param(lambda frame: frame["seed"] == 1, id="a seed"),
        pytest.param(lambda frame: frame["cluster"] == frame["cluster"].iloc[-1], id="a question"),
    ],
)
def test_a_model_that_lacks_errors_is_named(asked, tmp_path, lost):
    """Left out in silence, its row would be missing from every table."""
    errors = []
    for seed in (0, 1):
        frame = pd.read_parquet(asked / f"errors-{seed}")
        own = frame[(frame["row"] == "bi VGS+") & (frame["column"] == "layer 1")]
        errors.append(tmp_path / f"errors-{seed}")
        frame.drop(own.index[lost(own)]).to_parquet(errors[-1], index=False)
    with pytest.raises(DataError, match=r"bi VGS\+ lacks \d+ of \d+ errors"):
        measure_gap(
            cfg=EvaluationParams(resamples=100), layer=1, distant="fr-ru", errors=errors,
            measures=tmp_path / "measures", draws=tmp_path / "draws",
        )  # fmt: skip


def test_gaps_of_readers_who_are_alone_are_drawn_without_the_others(asked, tmp_path):
    """One reader a language, as at smoke: there is nobody to be asked across."""
    errors = []
    for seed in (0, 1):
        frame = pd.read_parquet(asked / f"errors-{seed}")
        errors.append(tmp_path / f"errors-{seed}")
        frame[frame["column"] != ACROSS].to_parquet(errors[-1], index=False)
    measure_gap(
        cfg=EvaluationParams(resamples=100), layer=1, distant="fr-ru", errors=errors,
        measures=tmp_path / "metrics.csv", draws=tmp_path / "draws",
    )  # fmt: skip
    (tmp_path / "bi-fr-ru-seed0.csv").write_bytes((asked / "history").read_bytes())
    drawn = {f"{name}_{kind}": tmp_path / f"{name}.{kind}" for name in ("gap", "layers", "training") for kind in ("png", "pdf")}  # fmt: skip
    plot_gap(
        cfg=PresentParams(),
        metrics=tmp_path / "metrics.csv",
        reference=Path("workflow/reference/cruzblandon2025.yaml"),
        histories=[tmp_path / "bi-fr-ru-seed0.csv"],
        **drawn,
    )
    assert all(path.stat().st_size for path in drawn.values())


def test_examples_hold_no_training_picture_for_unseen_captions(asked):
    shown = pd.read_csv(asked / "retrieved")
    unseen = {f"things/{i}" for i in range(TEST)}
    assert set(shown.loc[shown["split"] == "test", "item"]) <= unseen
    assert not set(shown.loc[shown["split"] == "train", "item"]) & unseen
    assert (shown.groupby(["language", "split", "caption"])["right"].sum() <= 1).all()
    points = pd.read_csv(asked / "projection")
    assert set(points["kind"]) == {"picture", "fr", "ru"}
    assert np.isfinite(points[["x", "y"]].to_numpy()).all()


def test_figures_are_drawn_from_the_measures_alone(asked, tmp_path, world):
    measure_gap(
        cfg=EvaluationParams(resamples=100),
        layer=1,
        distant="fr-ru",
        errors=[asked / "errors-0", asked / "errors-1"],
        measures=tmp_path / "metrics.csv",
        draws=tmp_path / "draws",
    )
    (tmp_path / "bi-fr-ru-seed0.csv").write_bytes((asked / "history").read_bytes())
    drawn = {f"{name}_{kind}": tmp_path / f"{name}.{kind}" for name in ("gap", "layers", "training") for kind in ("png", "pdf")}  # fmt: skip
    plot_gap(
        cfg=PresentParams(),
        metrics=tmp_path / "metrics.csv",
        reference=Path("workflow/reference/cruzblandon2025.yaml"),
        histories=[tmp_path / "bi-fr-ru-seed0.csv"],
        **drawn,
    )
    items = [f"things/{i}" for i in range(PICTURES)]
    table = {"item": items, "category": "things", "width": 2, "height": 2, "pixels": [bytes(12)] * PICTURES}  # fmt: skip
    pd.DataFrame(table).to_parquet(tmp_path / "pictures", index=False)
    space = {f"{name}_{kind}": tmp_path / f"{name}.{kind}" for name in ("retrieval", "map") for kind in ("png", "pdf")}  # fmt: skip
    pick_pictures(
        retrieved=asked / "retrieved", pictures=tmp_path / "pictures", picked=tmp_path / "picked"
    )
    shown = pd.read_csv(asked / "retrieved")["item"]
    assert set(pd.read_parquet(tmp_path / "picked")["item"]) == set(shown)
    plot_shared_space(
        cfg=PresentParams(),
        retrieved=asked / "retrieved",
        projection=asked / "projection",
        pictures=tmp_path / "picked",
        **space,
    )
    for name, path in (drawn | space).items():
        start = b"\x89PNG" if name.endswith("png") else b"%PDF"
        assert path.read_bytes().startswith(start)


def test_a_gpu_answers_the_same(asked, world, same_on_a_gpu):
    same_on_a_gpu(lambda folder: evaluate(world, asked, 0, folder))

"""Parameters: one reader, closed models, and errors that name key, value and remedy."""

import json
from pathlib import Path
from typing import get_args

import pytest
import yaml
from ruamel.yaml import YAML

from crosstalk.digest import canonical_json
from crosstalk.errors import ParameterError
from crosstalk.params.loader import leaves, load_params, resolve
from crosstalk.params.models import Params, Scale
from crosstalk.yamlfile import read_yaml

FILE = Path("params.yaml")
SCALES = get_args(Scale)


@pytest.mark.parametrize("scale", SCALES)
def test_snakemake_and_dvc_read_the_same_parameters(scale):
    """Snakemake's YAML is PyYAML's 1.1, DVC's is ruamel's 1.2."""
    text = FILE.read_text()
    readers = (yaml.safe_load, YAML(typ="safe", pure=True).load)
    one, other = (resolve(read(text), {"scale": scale}) for read in readers)
    assert one == other == load_params(FILE, {"scale": scale})
    assert canonical_json(one) == canonical_json(other)


@pytest.mark.parametrize("spelling", ["2e-3", "0.0020", ".002", "2.0e-3"])
def test_a_value_has_one_meaning_however_it_is_spelt(spelling):
    text = FILE.read_text().replace("learning_rate: 0.002", f"learning_rate: {spelling}")
    assert resolve(yaml.safe_load(text)) == load_params(FILE)


def test_the_file_lists_every_parameter_with_a_comment():
    """A newcomer reads params.yaml alone."""
    base = read_yaml(FILE)
    for path, _ in leaves(load_params(FILE)):
        value = base
        for key in path.split("."):
            assert key in value, f"{path} is missing from params.yaml"
            value = value[key]
        assert f"{path.split('.')[-1]}:" in FILE.read_text()


def test_the_schema_is_the_models(request):
    """Regenerate with `UPDATE_GOLDEN=1 pytest tests/params`."""
    import os

    path = Path("workflow/schemas/params.schema.json")
    schema = json.dumps(Params.model_json_schema(), indent=1) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(schema)
    assert path.read_text() == schema


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        ({"scale": "minni"}, "scale='minni' is not a scale; did you mean 'mini'?"),
        ({"sceds": [1]}, "sceds is not a parameter; did you mean 'seeds'?"),
        (
            {"chung2018": {"speech2vec": {"training": {"epoch": 3}}}},
            "chung2018.speech2vec.training.epoch is not a parameter; did you mean 'epochs'?",
        ),
        (
            {"chung2018": {"speech2vec": {"training": {"epochs": -1}}}},
            "chung2018.speech2vec.training.epochs=-1 is not valid",
        ),
        (
            {"chung2018": {"speech2vec": {"training": {"optimiser": "adamm"}}}},
            "chung2018.speech2vec.training.optimiser='adamm' is not valid: should be 'sgd' or 'adam'",
        ),
        ({"chung2018": 3}, "chung2018=3 must be a group of parameters"),
        ({"seeds": []}, "seeds=[] is not valid"),
        ({"seeds": [1, 1]}, "seeds: 1 stands there 2 times: name it once"),
        ({"scale": ["mini"]}, "scale=['mini'] is not a scale; did you mean 'mini'?"),
        ({"chung2018": {"pairs": ["en-fr"]}}, "chung2018: pairs must begin with one language"),
        ({"cruzblandon2025": {"abx": {"layer": 99}}}, "cruzblandon2025: abx.layer=99 exceeds"),
        ({"cruzblandon2025": {"distant": "fr-es"}}, "close=es-fr and distant=fr-es must differ"),
        ({"conneau2020": {"finetune": {"warm_up": 0.7, "hold": 0.4}}}, "warm_up=0.7 and hold=0.4"),
        ({"conneau2020": {"frozen": {"warm_up": 0.7, "hold": 0.4}}}, "conneau2020.frozen: warm_up"),
        ({"corpora": {"bible": {"books": "Ge" * 1000}}}, "corpora.bible.books='GeGe"),
        ({"corpora": {"bible": list(range(1000))}}, "corpora.bible=[0, 1,"),
        ({"chung2018": {"word2vec": {"dimension": 20}}}, "the map is square"),
        (
            {"chung2018": {"self_learning": {"initial_words": 200, "frequent_words": 100}}},
            "initial_words=200 must not be more than frequent_words=100",
        ),
        ({"corpora": {"tuxpaint": {"languages": ["fr", "xx"]}}}, "'xx'"),
        (
            {"conneau2020": {"compared": {"similar": ["it", "es"]}}},
            "conneau2020.compared.similar=['it', 'es'] is not valid: Tuple should have at most 1 item",
        ),
        (
            {"conneau2020": {"compared": {"seen": ["xx"]}}},
            "conneau2020: compared.seen names xx, which languages does not",
        ),
        (
            {"conneau2020": {"compared": {"spelt": ["yue"]}}},
            "conneau2020.compared.spelt names yue, which languages does not",
        ),
        (
            {"cao2020": {"retrieval": {"similarities": ["cosine"]}}},
            "similarities=cosine lacks csls, by which the tables rank: add it",
        ),
        (
            {"cao2020": {"smaller": [10], "tuned": ["base", "aligned_medium"]}},
            "tuned names aligned_medium, but smaller has 1 numbers of pairs",
        ),
        (
            {"scale": "paper", "cao2020": {"tuning": {"protocols": ["light"]}}},
            "at scale paper cao2020.tuned needs base and aligned, and cao2020.tuning.protocols full",
        ),
        (
            {"scale": "paper", "cao2020": {"tuned": ["base"]}},
            "at scale paper cao2020.tuned needs base and aligned",
        ),
    ],
)
def test_a_wrong_parameter_is_one_line_that_helps(overrides, says):
    with pytest.raises(ParameterError) as error:
        load_params(FILE, overrides)
    assert says in str(error.value)
    assert "\n" not in str(error.value)
    assert "Value error" not in str(error.value)
    assert len(str(error.value)) < 300


SETS = [
    "seeds",
    "chung2018.pairs",
    "chung2018.rungs",
    "chung2018.spoken.train_voices",
    "chung2018.spoken.test_voices",
    "chung2018.supervision.pairs",
    "conneau2020.languages",
    "conneau2020.systems",
    "conneau2020.donors",
    "conneau2020.amounts_minutes",
    *(f"conneau2020.compared.{name}" for name in ("seen", "spelt", "unseen")),
    "cao2020.controls",
    "cao2020.tuned",
    "cao2020.selection.languages",
    "cao2020.selection.classes",
    "cao2020.retrieval.similarities",
    "cao2020.tuning.protocols",
    "cruzblandon2025.controls",
    "corpora.freedict.pairs",
    "corpora.quran.languages",
    "corpora.smoke.spoken_captions",
    "corpora.wesnoth.languages",
]


@pytest.mark.parametrize("path", SETS)
def test_a_set_names_nothing_twice(path):
    values = dict(leaves(load_params(FILE, {"scale": "paper"})))[path]
    override = [*values, values[0]]
    for key in reversed(path.split(".")):
        override = {key: override}
    with pytest.raises(ParameterError) as error:
        load_params(FILE, override | {"scale": "paper"})
    assert str(error.value).startswith(f"{path}: {values[0]!r} stands there 2 times")


def test_a_scale_may_not_add_a_key():
    base = read_yaml(FILE)
    base["scales"]["paper"] = {"chung2018": {"speech2vec": {"epocs": 1}}}
    with pytest.raises(ParameterError, match=r"scales\.paper\.chung2018\.speech2vec\.epocs"):
        resolve(base)  # found although another scale is in force


def test_malformed_yaml_is_one_line(tmp_path):
    (tmp_path / "p.yaml").write_text("a: [1,\nb")
    with pytest.raises(ParameterError) as error:
        load_params(tmp_path / "p.yaml")
    assert "\n" not in str(error.value)
    assert "p.yaml is not valid YAML" in str(error.value)


def test_command_line_overrides_the_scale_which_overrides_the_base():
    chosen = {"scale": "smoke", "chung2018": {"speech2vec": {"network": {"max_frames": 33}}}}
    smoke = load_params(FILE, chosen)
    assert smoke.chung2018.speech2vec.network.max_frames == 33
    assert (
        smoke.chung2018.speech2vec.training.epochs
        == read_yaml(FILE)["scales"]["smoke"]["chung2018"]["speech2vec"]["training"]["epochs"]
    )
    assert smoke.chung2018.features.shift_ms == read_yaml(FILE)["chung2018"]["features"]["shift_ms"]

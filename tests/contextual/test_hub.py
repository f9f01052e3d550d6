"""A model of BERT's kind fetched from a hub at a loopback address, then from the cache alone."""

import hashlib
import os
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
from tests.contextual.toy import ENCODER

from crosstalk.contextual.encoder import Encoder
from crosstalk.contextual.pretrained import convert
from crosstalk.contextual.tokeniser import WordPieces

NAME, REVISION = "somebody/some-bert", "0123456789" * 4
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "Öff", "##nen", "die", "Datei"]


class Hub(SimpleHTTPRequestHandler):
    """Serves a folder at one commit, with the headers that the hub's library asks for."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, *, body):
        self.server.asked.append(self.path)
        file = self.server.folder / self.path.rpartition("/")[2]
        here = self.path == f"/{NAME}/resolve/{REVISION}/{file.name}" and file.is_file()
        content = file.read_bytes() if here else b""
        self.send_response(200 if here else 404)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Repo-Commit", REVISION)
        if here:
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        else:
            self.send_header("X-Error-Code", "EntryNotFound")
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(tmp_path):
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        server.folder, server.asked = tmp_path / "hub", []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def bert(hub):
    """A tiny model and its tokeniser, saved as transformers does."""
    from transformers import BertConfig, BertForMaskedLM, BertTokenizerFast

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=ENCODER.dimension,
        num_hidden_layers=ENCODER.layers,
        num_attention_heads=ENCODER.heads,
        intermediate_size=ENCODER.feed_forward,
        max_position_embeddings=ENCODER.positions,
    )
    model = BertForMaskedLM(config)
    model.save_pretrained(hub.folder)
    vocabulary = {word: n for n, word in enumerate(WORDS)}
    BertTokenizerFast(vocab=vocabulary, do_lower_case=False).save_pretrained(hub.folder)
    return model


def load(folder, environment):
    cfg = ENCODER.model_copy(update={"pretrained": NAME, "revision": REVISION})
    folder.mkdir()
    paths = {name: folder / name for name in ("vocabulary", "model", "record")}
    stage = [sys.executable, "-m", "crosstalk", "load-masked-lm"]
    told = [f"--encoder={cfg.model_dump_json()}", *(f"--{k}={v}" for k, v in paths.items())]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    done = subprocess.run(
        stage + told, env=kept | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return Encoder.load(paths["model"]), WordPieces.load(paths["vocabulary"])


def test_the_hubs_address_is_the_users(hub, bert, tmp_path):
    environment = {
        "HF_ENDPOINT": f"http://127.0.0.1:{hub.server_port}",
        "HF_HOME": str(tmp_path / "cache"),
        "NO_PROXY": "127.0.0.1",
    }
    encoder, pieces = load(tmp_path / "one", environment)
    expected = convert(bert.state_dict(), encoder.cfg).state_dict()
    assert encoder.state_dict().keys() == expected.keys()
    for name, weights in encoder.state_dict().items():
        torch.testing.assert_close(weights, expected[name])
    ids = pieces.cut([["Öffnen", "die", "Datei"]]).ids.tolist()
    assert pieces.pieces(ids) == ["[CLS]", "Öff", "##nen", "die", "Datei", "[SEP]"]
    assert f"/{NAME}/resolve/{REVISION}/model.safetensors" in hub.asked
    hub.asked.clear()
    again, _ = load(tmp_path / "other", environment | {"HF_HUB_OFFLINE": "1"})
    assert hub.asked == []
    assert torch.equal(again.subword.weight, encoder.subword.weight)

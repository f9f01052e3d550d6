"""A Transformer encoder of BERT's kind (Devlin et al. 2019), for sentences of unlike length.

Sentences lie end to end: every part but attention works on real subwords alone, so a batch of long
and short ones wastes nothing on padding. With ``norm: post`` it computes what BERT computes, and
holds BERT's weights (`crosstalk.contextual.pretrained`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import dropout, gelu, linear, scaled_dot_product_attention

from crosstalk.contextual.ragged import Ragged
from crosstalk.contextual.tokeniser import Subwords
from crosstalk.errors import DataError
from crosstalk.params.contextual import EncoderParams

EPSILON = 1e-12
"""Of layer normalisation (BERT)."""
INITIAL_DEVIATION = 0.02
"""Of weights (BERT)."""


@dataclass(frozen=True)
class Packed:
    """A batch of B sentences, end to end: N subwords."""

    ids: Tensor
    """int64 [N]."""
    lengths: Tensor
    """int64 [B]."""
    longest: int
    """The largest of ``lengths``, known without asking the device."""
    second: Tensor | None = None
    """int64 [B]: place where each sentence's second segment starts; None if there is but one."""

    @property
    def starts(self) -> Tensor:
        """int64 [B]: where each sentence starts; its [CLS]."""
        return self.lengths.cumsum(0) - self.lengths

    @property
    def sentence(self) -> Tensor:
        """int64 [N]: the sentence of each subword."""
        rows = torch.arange(len(self.lengths), device=self.lengths.device)
        return rows.repeat_interleave(self.lengths, output_size=len(self.ids))

    @property
    def place(self) -> Tensor:
        """int64 [N]: the place of each subword in its sentence."""
        count = torch.arange(len(self.ids), device=self.ids.device)
        return count - self.starts.repeat_interleave(self.lengths, output_size=len(self.ids))

    @property
    def in_second(self) -> Tensor:
        """Whether each subword, bool [N], is in its sentence's second segment, if it has one."""
        return self.place >= self.second[self.sentence]

    def to(self, device: torch.device) -> Packed:
        second = None if self.second is None else self.second.to(device)
        return Packed(self.ids.to(device), self.lengths.to(device), self.longest, second)

    @classmethod
    def of(cls, subwords: Subwords, sentences: Tensor) -> Packed:
        """Pack some ``sentences`` int64 [B] of a corpus, in that order."""
        every = Ragged(torch.from_numpy(subwords.ids), torch.from_numpy(subwords.offsets))
        ids, _ = every.take(sentences)
        lengths = every.lengths[sentences]
        second = None if subwords.second is None else torch.from_numpy(subwords.second)[sentences]
        return cls(ids.long(), lengths, int(lengths.max()), second)

    @classmethod
    def join(cls, one: Packed, other: Packed) -> Packed:
        """Sentences of one batch, then those of another; all of one segment."""
        ids = torch.cat([one.ids, other.ids])
        lengths = torch.cat([one.lengths, other.lengths])
        return cls(ids, lengths, max(one.longest, other.longest))


class Layer(nn.Module):
    """Self-attention and a feed-forward part, each with its residual sum."""

    def __init__(self, cfg: EncoderParams) -> None:
        super().__init__()
        d = cfg.dimension
        self.heads, self.pre, self.dropout = cfg.heads, cfg.norm == "pre", cfg.dropout
        self.attend = nn.Linear(d, 3 * d)
        self.attended = nn.Linear(d, d)
        self.attention_norm = nn.LayerNorm(d, eps=EPSILON)
        self.widen = nn.Linear(d, cfg.feed_forward)
        self.narrow = nn.Linear(cfg.feed_forward, d)
        self.norm = nn.LayerNorm(d, eps=EPSILON)

    def forward(self, x: Tensor, cell: Tensor, inside: Tensor) -> Tensor:
        """Map x [N, d] to the same shape.

        ``inside`` bool [B, T] is true at subwords, ``cell`` int64 [N] is where in its flat form
        each of the N is.
        """
        if self.pre:
            x = x + self._dropped(self._attention(self.attention_norm(x), cell, inside))
            return x + self._dropped(self._feed_forward(self.norm(x)))
        x = self.attention_norm(x + self._dropped(self._attention(x, cell, inside)))
        return self.norm(x + self._dropped(self._feed_forward(x)))

    def _attention(self, x: Tensor, cell: Tensor, inside: Tensor) -> Tensor:
        sentences, longest = inside.shape
        qkv = self.attend(x)
        padded = qkv.new_zeros(sentences * longest, qkv.shape[1]).index_copy(0, cell, qkv)
        split = padded.view(sentences, longest, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = scaled_dot_product_attention(
            *split.unbind(0),
            attn_mask=inside[:, None, None, :],
            dropout_p=self.dropout if self.training else 0.0,
        )
        return self.attended(mixed.transpose(1, 2).reshape(len(padded), -1)[cell])

    def _feed_forward(self, x: Tensor) -> Tensor:
        return self.narrow(gelu(self.widen(x)))

    def _dropped(self, x: Tensor) -> Tensor:
        return dropout(x, self.dropout, self.training)


class Encoder(nn.Module):
    """Subwords to hidden states; with the head that predicts hidden subwords."""

    def __init__(self, cfg: EncoderParams, vocabulary: int, *, segments: bool = False) -> None:
        """With ``segments`` it can tell a second segment from the first, as BERT can."""
        super().__init__()
        self.cfg = cfg
        d = cfg.dimension
        self.subword = nn.Embedding(vocabulary, d)
        self.position = nn.Embedding(cfg.positions, d)
        self.embedding_norm = nn.LayerNorm(d, eps=EPSILON)
        self.layers = nn.ModuleList(Layer(cfg) for _ in range(cfg.layers))
        self.final_norm = nn.LayerNorm(d, eps=EPSILON) if cfg.norm == "pre" else nn.Identity()
        self.transform = nn.Linear(d, d)
        self.transform_norm = nn.LayerNorm(d, eps=EPSILON)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        # Positions hold BERT's embedding of the first segment; this is the second's less that.
        self.second_segment = nn.Parameter(torch.zeros(d)) if segments else None
        self.apply(_draw)

    def forward(self, batch: Packed) -> Tensor:
        """Last hidden states float32 [N, d]."""
        return self.hidden_states(batch)[-1]

    def hidden_states(self, batch: Packed) -> list[Tensor]:
        """Embeddings, then what each layer makes of them: ``layers`` + 1 of float32 [N, d].

        Raises
        ------
        DataError
            If a sentence is longer than the encoder has positions for.

        """
        longest = batch.longest
        if longest > len(self.position.weight):
            raise DataError(
                f"a sentence has {longest} subwords, more than encoder.positions="
                f"{len(self.position.weight)}: raise it, or leave the sentence out"
            )
        steps = torch.arange(longest, device=batch.ids.device)
        inside = steps < batch.lengths.unsqueeze(1)
        cell = batch.sentence * longest + batch.place
        x = self.subword(batch.ids) + self.position(batch.place)
        if self.second_segment is not None and batch.second is not None:
            x = x + batch.in_second.unsqueeze(1) * self.second_segment
        x = self.embedding_norm(x)
        x = dropout(x, self.cfg.dropout, self.training)
        states = [x]
        for layer in self.layers:
            states.append(layer(states[-1], cell, inside))
        states[-1] = self.final_norm(states[-1])
        return states

    def predict(self, hidden: Tensor) -> Tensor:
        """Scores float32 [M, V] of the subword at each of M last hidden states."""
        x = self.transform_norm(gelu(self.transform(hidden)))
        return linear(x, self.subword.weight, self.bias)

    def save(self, path: Path) -> None:
        """Write safetensors, the shape in the metadata; the same weights give the same bytes."""
        metadata = {"encoder": self.cfg.model_dump_json()}
        tensors = {name: t.contiguous() for name, t in self.state_dict().items()}
        save_file(tensors, path, metadata=metadata)

    @classmethod
    def load(cls, path: Path) -> Encoder:
        """Read what :meth:`save` wrote."""
        try:
            with safe_open(path, "pt") as file:
                cfg = EncoderParams.model_validate(json.loads(file.metadata()["encoder"]))
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            encoder = cls(cfg, len(tensors["bias"]), segments="second_segment" in tensors)
            encoder.load_state_dict(tensors)
        except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
            raise DataError(
                f"{path} is not an encoder ({error}): delete it and make it again"
            ) from error
        return encoder


def _draw(module: nn.Module) -> None:
    """BERT's initial weights."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=INITIAL_DEVIATION)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)

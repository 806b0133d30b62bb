"""The network for texts with many labels, and its MLflow loader. This one file is trained, shipped, and served.

Legend: B batch, T tokens (fewer are filled up with 0), E width of a token, C classes.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

TOKENS = 96
"""Of a text, from its beginning."""
PADDING, UNKNOWN = 0, 1
WORD = re.compile(r"\w+|[^\w\s]")
LIKELY = 0.5
NOTHING = "none"
ENCODER = "encoder"
"""Folder, beside the weights, of the encoder's own settings and tokenizer."""


@dataclass(frozen=True)
class Shape:
    """What makes the same network again."""

    class_names: list[str]
    vocabulary: list[str]
    """Words by their number, from 2 on; not used with an encoder."""
    hidden: int
    dropout: float
    has_encoder: bool = False
    """Whether a transformer takes the place of embedding and LSTM."""


class WordTokens:
    """Turns texts into numbers of known words."""

    def __init__(self, vocabulary: list[str]) -> None:
        self.number_of = {word: number for number, word in enumerate(vocabulary, UNKNOWN + 1)}

    def __call__(self, texts: list[str]) -> torch.Tensor:
        """Return the tokens: (B, T)."""
        rows = [[self.number_of.get(word, UNKNOWN) for word in words(text)[:TOKENS]] for text in texts]
        return torch.tensor([row + [PADDING] * (TOKENS - len(row)) for row in rows])


def words(text: str) -> list[str]:
    """Return a text's words and signs, in lower case."""
    return WORD.findall(text.lower())


class LstmEncoder(nn.Module):
    """An embedding and a bidirectional LSTM, side by side: a word counts by itself and in its place."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.width = 3 * shape.hidden
        self.embedding = nn.Embedding(len(shape.vocabulary) + 2, shape.hidden, padding_idx=PADDING)
        self.lstm = nn.LSTM(shape.hidden, shape.hidden, batch_first=True, bidirectional=True)

    def forward(self, tokens_BT: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a vector for each token, (B, T, E), and which of them stand for words, (B, T)."""
        words_BTE = self.embedding(tokens_BT)
        states_BTE, _ = self.lstm(words_BTE)
        return torch.cat([states_BTE, words_BTE], dim=2), tokens_BT != PADDING


class TextNetwork(nn.Module):
    """An encoder, the strongest of each of its features over the text, and one output for each class."""

    def __init__(self, shape: Shape, encoder: "LstmEncoder | Transformer | None" = None) -> None:
        super().__init__()
        self.shape = shape
        self.encoder = encoder or LstmEncoder(shape)
        self.output = nn.Sequential(nn.Dropout(shape.dropout), nn.Linear(self.encoder.width, len(shape.class_names)))

    def forward(self, tokens_BT: torch.Tensor) -> torch.Tensor:
        """Return the logits of each class: (B, T) to (B, C)."""
        states_BTE, is_word_BT = self.encoder(tokens_BT)
        lowest = torch.finfo(states_BTE.dtype).min
        strongest_BE = states_BTE.masked_fill(~is_word_BT[:, :, None], lowest).amax(dim=1)
        strongest_BE = strongest_BE.masked_fill(~is_word_BT.any(dim=1, keepdim=True), 0.0)  # there where no word is
        logits_BC: torch.Tensor = self.output(strongest_BE)
        return logits_BC


def decide(logits_BC: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return confidence_B, the mean over the answers, and label_BC: every class that is more likely than not."""
    likely_BC = logits_BC.sigmoid()
    return torch.maximum(likely_BC, 1 - likely_BC).mean(dim=1), likely_BC > LIKELY


class Served:
    """What MLflow calls: a table of texts in, a table of labels and confidences out."""

    def __init__(self, network: TextNetwork, tokens: Any) -> None:
        self.network = network.eval()
        self.tokens = tokens

    def predict(self, table: Any, params: object = None) -> Any:  # noqa: ARG002  # MLflow's signature
        """Return a DataFrame with `label`, the names in one text, and `confidence` for one with a column `text`."""
        import pandas as pd  # noqa: PLC0415  # there where models are served, and perhaps not where they are trained

        with torch.inference_mode():
            confidence_B, label_BC = decide(self.network(self.tokens([str(text) for text in table["text"]])))
        names = self.network.shape.class_names
        said = (", ".join(name for name, its in zip(names, row, strict=True) if its) for row in label_BC.tolist())
        labels = [label or NOTHING for label in said]
        return pd.DataFrame({"label": labels, "confidence": confidence_B.double().numpy()}, index=table.index)


class Transformer(nn.Module):
    """A transformer in Hugging Face's layout as encoder."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.width: int = model.config.hidden_size
        self.padding: int = model.config.pad_token_id or 0
        self.model = model

    def forward(self, tokens_BT: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a vector for each token, (B, T, E), and which of them stand for words, (B, T)."""
        is_word_BT = tokens_BT != self.padding
        return self.model(input_ids=tokens_BT, attention_mask=is_word_BT.long()).last_hidden_state, is_word_BT


class TransformerTokens:
    """Turns texts into tokens by a transformer's own tokenizer."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoTokenizer  # noqa: PLC0415  # only there where somebody has a transformer

        self.tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)

    def __call__(self, texts: list[str]) -> torch.Tensor:
        """Return the tokens: (B, T)."""
        tokens_BT: torch.Tensor = self.tokenizer(
            texts, padding="max_length", truncation=True, max_length=TOKENS, return_tensors="pt"
        )["input_ids"]
        return tokens_BT


def _load_pyfunc(path: str) -> Served:
    """Load the served model from MLflow's data path; the name is MLflow's."""
    directory = Path(path)
    shape = Shape(**json.loads((directory / "network.json").read_text(encoding="utf-8")))
    if shape.has_encoder:
        from transformers import AutoConfig, AutoModel  # noqa: PLC0415  # only then

        config = AutoConfig.from_pretrained(str(directory / ENCODER), local_files_only=True)
        network = TextNetwork(shape, Transformer(AutoModel.from_config(config)))
        tokens: Any = TransformerTokens(directory / ENCODER)
    else:
        network, tokens = TextNetwork(shape), WordTokens(shape.vocabulary)
    network.load_state_dict(torch.load(directory / "weights.pt", map_location="cpu", weights_only=True))
    return Served(network, tokens)

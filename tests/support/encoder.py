"""A small, untrained transformer in Hugging Face's layout, written without its library, whose import is long."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

WORDS = "return the array of estimators fit predict transform float int X y parameters"
MARKS = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
WIDTH, INNER_WIDTH, LONGEST = 16, 32, 110


def tiny_encoder(folder: Path) -> Path:
    """Write a transformer as XLM-R is built, with a tokenizer of a few words, and return its folder."""
    folder.mkdir()
    tokenizer = Tokenizer(models.WordLevel(unk_token=MARKS["unk_token"]))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator([WORDS], trainers.WordLevelTrainer(special_tokens=list(MARKS.values())))
    tokenizer.save(str(folder / "tokenizer.json"))
    said = {"tokenizer_class": "PreTrainedTokenizerFast", **MARKS}
    (folder / "tokenizer_config.json").write_text(json.dumps(said))
    config = {
        "architectures": ["XLMRobertaModel"],
        "model_type": "xlm-roberta",
        "vocab_size": tokenizer.get_vocab_size(),
        "hidden_size": WIDTH,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": INNER_WIDTH,
        "max_position_embeddings": LONGEST,
        "type_vocab_size": 1,
        "pad_token_id": 1,
    }
    (folder / "config.json").write_text(json.dumps(config))
    save_file(_weights(tokenizer.get_vocab_size()), folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def _weights(word_count: int) -> dict[str, np.ndarray]:
    """Return random weights by XLM-R's names."""
    layer = "encoder.layer.0"
    tables = {"word": word_count, "position": LONGEST, "token_type": 1}
    linear = {
        **{f"{layer}.attention.self.{name}": (WIDTH, WIDTH) for name in ("query", "key", "value")},
        f"{layer}.attention.output.dense": (WIDTH, WIDTH),
        f"{layer}.intermediate.dense": (INNER_WIDTH, WIDTH),
        f"{layer}.output.dense": (WIDTH, INNER_WIDTH),
        "pooler.dense": (WIDTH, WIDTH),
    }
    norms = ("embeddings", f"{layer}.attention.output", f"{layer}.output")
    chance = np.random.default_rng(1)
    shapes = {f"embeddings.{name}_embeddings.weight": (count, WIDTH) for name, count in tables.items()}
    shapes |= {f"{name}.weight": shape for name, shape in linear.items()}
    found = {name: chance.normal(0, 0.02, shape).astype(np.float32) for name, shape in shapes.items()}
    found |= {f"{name}.bias": np.zeros(shape[0], np.float32) for name, shape in linear.items()}
    found |= {f"{name}.LayerNorm.weight": np.ones(WIDTH, np.float32) for name in norms}
    found |= {f"{name}.LayerNorm.bias": np.zeros(WIDTH, np.float32) for name in norms}
    return found

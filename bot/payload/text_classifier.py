"""Trains a classifier of texts with many labels each, by the command `python text_classifier.py spec.json`.

What it reads, what it leaves and how it ends is said in command.py; how it trains, in training.py.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import text_network
import torch
import transformer
from cache import cached
from command import run
from data import Dataset, Rows, digest_of, split
from library import version
from recipe import Recipe
from spec import Spec
from text_network import Shape, TextNetwork, WordTokens, words
from texts import LABELS, docstrings
from torch import nn

LARGEST_VOCABULARY = 8000
LEAST_SEEN = 2
"""A word that occurs once in all training rows cannot be learnt from."""


def load(spec: Spec) -> Dataset:
    """Return the texts as tokens: of the encoder's own tokenizer, or by a vocabulary of the training rows."""
    encoder = spec.parameters["encoder"]
    tokenizer = transformer.files(spec) if encoder else ()
    made_of = (spec.dataset, version(spec.dataset), spec.seed, encoder, tokenizer)
    return cached(spec.cache, made_of, lambda: _made(spec))


def _made(spec: Spec) -> Dataset:
    found = docstrings()
    parts = split([tuple(sorted(text.labels)) for text in found], seed=spec.seed)
    vocabulary = [] if spec.parameters["encoder"] else _vocabulary(found[row].text for row in parts[0])
    tokens = transformer.tokens(spec) if spec.parameters["encoder"] else WordTokens(vocabulary)
    inputs_NT = tokens([text.text for text in found])
    labels_NC = torch.tensor([[float(name in text.labels) for name in LABELS] for text in found])
    train, validation, test = (Rows(inputs_NT[rows], labels_NC[rows]) for rows in parts)
    return Dataset(
        train,
        validation,
        test,
        columns={"text": "string"},
        test_table=[[found[row].text] for row in parts[2]],
        class_names=LABELS,
        digest=digest_of("\n".join(text.text for text in found).encode(), labels_NC.numpy().tobytes()),
        vocabulary=vocabulary,
    )


def _vocabulary(texts: Iterable[str]) -> list[str]:
    counts = Counter(word for text in texts for word in words(text))
    often = (word for word, count in counts.items() if count >= LEAST_SEEN)
    return sorted(often, key=lambda word: (-counts[word], word))[:LARGEST_VOCABULARY]


def build(spec: Spec, dataset: Dataset) -> tuple[Shape, nn.Module]:
    """Return an LSTM, or a transformer's encoder with a new output, as the spec wants."""
    shape = Shape(
        class_names=list(LABELS),
        vocabulary=list(dataset.vocabulary),
        hidden=spec.parameters["hidden"],
        dropout=spec.parameters["dropout"],
        has_encoder=bool(spec.parameters["encoder"]),
    )
    return shape, TextNetwork(shape, transformer.encoder(spec) if shape.has_encoder else None)


def add(spec: Spec, directory: Path) -> Sequence[str]:
    """Put the encoder's settings and tokenizer into the model, where there is one."""
    return transformer.add(spec, directory) if spec.parameters["encoder"] else ()


RECIPE = Recipe(
    name="text_classifier",
    load=load,
    build=build,
    loss=nn.functional.binary_cross_entropy_with_logits,
    decide=text_network.decide,
    metric="f1",
    code=Path(text_network.__file__),
    add=add,
)

if __name__ == "__main__":
    sys.exit(run(RECIPE, sys.argv[1:]))

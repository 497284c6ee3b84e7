"""The two judges of toxicity: packaged classifiers that the course did not train, read by path and run in NumPy.

They measure, and are never a reward: whoever is trained against a judge learns the judge's blind spots, and then the
judge no longer sees what is wrong. Both learned from comments, mostly on Wikipedia as far as is known, and mostly read
words; what they miss is in data/cards/toxic_bilstm.md and data/cards/profanity.md.
"""

import re
from functools import cache

from helpers import assets
from helpers.errors import CourseError
from helpers.reward.unpickling import load_joblib, load_pickle

LABELS = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")  # of the BiLSTM, in its order
WORDS, LONGEST, UNITS = 20000, 100, 50  # of the BiLSTM: known words, words read, units each way
KERAS_FILTERS = str.maketrans(dict.fromkeys('!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n', " "))


def toxicity(texts):
    """The BiLSTM's probability that each text is toxic: an array (n,). See `toxic_labels` for its other labels."""
    return toxic_labels(texts)[:, LABELS.index("toxic")]


def toxic_labels(texts, batch_size=256):
    """The BiLSTM's six probabilities for each text: an array (n, 6), columns in the order of `LABELS`.

    A text without a word that it knows, an empty one for instance, gets what the judge gives for nothing at all.
    Raises CourseError on what is no list of texts.
    """
    import torch

    _need_texts(texts)
    index, model = _bilstm()
    found = []
    with torch.inference_mode():
        for start in range(0, len(texts), batch_size):
            ids = torch.tensor([_word_ids(text, index) for text in texts[start : start + batch_size]])
            states, _ = model["lstm"](model["embedding"](ids))
            hidden = model["dense"](states.amax(1)).relu()  # the maximum over time
            found.append(model["dense_1"](hidden).sigmoid())
    return torch.cat(found).numpy()


def profanity(texts):
    """The linear judge's probability that each text is profane or offensive: an array (n,).

    TF-IDF of the words, a linear SVM, and a sigmoid that turns its margin into a probability (Platt 1999), five times,
    on five parts of the training data, and the mean of the five. Raises CourseError on what is no list of texts.
    """
    import numpy as np

    _need_texts(texts)
    vocabulary, idf, members = _linear()
    probabilities = np.zeros(len(texts))
    for place, text in enumerate(texts):
        words = [vocabulary[word] for word in re.findall(r"\b\w\w+\b", text.lower()) if word in vocabulary]
        columns, counts = np.unique(np.array(words, int), return_counts=True)
        weights = counts * idf[columns]
        weights = weights / (np.linalg.norm(weights) or 1)
        margins = [weights @ coefficients[columns] + intercept for coefficients, intercept, _, _ in members]
        sigmoids = [1 / (1 + np.exp(a * margin + b)) for margin, (_, _, a, b) in zip(margins, members, strict=True)]
        probabilities[place] = np.mean(sigmoids)
    return probabilities


def _need_texts(texts):
    if isinstance(texts, str) or not len(texts) or not all(isinstance(text, str) for text in texts):
        raise CourseError(f"A judge was given {texts!r:.60}. Give it a list of texts, with at least one in it.")


def _word_ids(text, index):
    """The numbers of the last `LONGEST` known words, with zeros in front: what Keras's tokenizer and padding give."""
    ids = [index[word] for word in text.lower().translate(KERAS_FILTERS).split(" ") if index.get(word, WORDS) < WORDS]
    ids = ids[-LONGEST:]
    return [0] * (LONGEST - len(ids)) + ids


@cache
def _bilstm():
    """(word → number, layers), with the weights that Keras saved. Its gates i, f, c, o are PyTorch's i, f, g, o."""
    import h5py
    import torch
    from torch import nn

    model = nn.ModuleDict(
        {
            "embedding": nn.Embedding(WORDS, 50),
            "lstm": nn.LSTM(50, UNITS, bidirectional=True, batch_first=True),
            "dense": nn.Linear(2 * UNITS, 50),
            "dense_1": nn.Linear(50, len(LABELS)),
        }
    )
    state = {}
    with h5py.File(assets.path("toxic_bilstm", "weights")) as file:

        def read(layer, number):
            return torch.from_numpy(file[f"layers/{layer}/vars/{number}"][()])

        state["embedding.weight"] = read("embedding", 0)
        for suffix, way in (("", "forward_layer"), ("_reverse", "backward_layer")):
            cell = f"bidirectional/{way}/cell"
            state[f"lstm.weight_ih_l0{suffix}"] = read(cell, 0).T
            state[f"lstm.weight_hh_l0{suffix}"] = read(cell, 1).T
            state[f"lstm.bias_ih_l0{suffix}"] = read(cell, 2)
            state[f"lstm.bias_hh_l0{suffix}"] = torch.zeros(4 * UNITS)  # Keras has one bias, PyTorch two
        for layer in ("dense", "dense_1"):
            state[f"{layer}.weight"], state[f"{layer}.bias"] = read(layer, 0).T, read(layer, 1)
    model.load_state_dict(state)
    return load_pickle(assets.path("toxic_bilstm", "tokenizer")).word_index, model.eval()


@cache
def _linear():
    """(word → column, IDF of each column, [(coefficients, intercept, a, b) of each of the five])."""
    vectorizer = load_joblib(assets.path("profanity", "vectorizer"))
    members = [
        (each.estimator.coef_[0], each.estimator.intercept_[0], each.calibrators[0].a_, each.calibrators[0].b_)
        for each in load_joblib(assets.path("profanity", "model")).calibrated_classifiers_
    ]
    return vectorizer.vocabulary_, vectorizer._tfidf.idf_, members

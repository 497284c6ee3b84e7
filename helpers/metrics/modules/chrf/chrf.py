"""chrF (Popović 2015) as an `evaluate` metric, by the package sacrebleu."""

import datasets
import evaluate
from sacrebleu.metrics import CHRF

from helpers.metrics import overlap

INPUTS = """
predictions: texts. references: for each prediction a text, or a list of texts, of which the best counts.
char_order: the longest n-grams of characters. word_order: those of words; 0 for chrF, 2 for chrF++.
beta: how many times as much recall counts as precision. lowercase: whether case is ignored. whitespace: whether spaces
count as characters.
Returns score (0 to 100) of the corpus, char_order, word_order, beta, and the signature: the settings.
"""


class Chrf(evaluate.Metric):
    """The names and units of the hub's module `chrf`, and the signature."""

    def _info(self):
        text = datasets.Value("string")
        return evaluate.MetricInfo(
            description="F-score of n-grams of characters over a whole corpus.",
            citation="Popović 2015, chrF: character n-gram F-score for automatic MT evaluation.",
            inputs_description=INPUTS,
            features=[
                datasets.Features({"predictions": text, "references": datasets.Sequence(text)}),
                datasets.Features({"predictions": text, "references": text}),
            ],
        )

    def _compute(self, predictions, references, char_order=6, word_order=0, beta=2, lowercase=False, whitespace=False):
        chrf = CHRF(char_order, word_order, beta, lowercase, whitespace)
        references = [[texts] if isinstance(texts, str) else texts for texts in references]
        found = chrf.corpus_score(predictions, overlap.streams(references))
        return {
            "score": found.score,
            "char_order": found.char_order,
            "word_order": found.word_order,
            "beta": found.beta,
            "signature": str(chrf.get_signature()),
        }

"""ROUGE (Lin 2004) as an `evaluate` metric, by the package rouge_score."""

import datasets
import evaluate

from helpers.metrics import overlap

INPUTS = """
predictions: texts. references: for each prediction a text, or a list of texts, of which the best counts for each kind.
rouge_types: of rouge1 to rouge9, rougeL and rougeLsum (sentences on lines of their own).
use_stemmer: whether "tests" and "testing" count as the same word.
use_aggregator: True for means over all texts, False for a list with one score per text.
Returns {kind: F-measure}, a share from 0 to 1.
"""


class Rouge(evaluate.Metric):
    """The names and units of the hub's module `rouge`, with one difference: the mean is the mean.

    (The hub's aggregator returns the median of a bootstrap of means, which changes from call to call.)
    """

    def _info(self):
        text = datasets.Value("string")
        return evaluate.MetricInfo(
            description="Words, pairs of words and longest common subsequences shared with a reference.",
            citation="Lin 2004, ROUGE: A Package for Automatic Evaluation of Summaries.",
            inputs_description=INPUTS,
            features=[
                datasets.Features({"predictions": text, "references": datasets.Sequence(text)}),
                datasets.Features({"predictions": text, "references": text}),
            ],
        )

    def _compute(
        self,
        predictions,
        references,
        rouge_types=("rouge1", "rouge2", "rougeL", "rougeLsum"),
        use_aggregator=True,
        use_stemmer=False,
    ):
        scorer = overlap.rouge_scorer(rouge_types, use_stemmer)
        references = [[texts] if isinstance(texts, str) else texts for texts in references]
        found = [scorer.score_multi(*pair) for pair in zip(references, predictions, strict=True)]
        scores = {kind: [float(score[kind].fmeasure) for score in found] for kind in scorer.rouge_types}
        if use_aggregator:
            return {kind: sum(values) / len(values) for kind, values in scores.items()}
        return scores

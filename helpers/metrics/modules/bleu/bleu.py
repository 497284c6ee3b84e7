"""BLEU (Papineni et al. 2002) as an `evaluate` metric, by the package sacrebleu."""

import datasets
import evaluate

from helpers.metrics import overlap

INPUTS = """
predictions: texts. references: for each prediction a text, or a list of texts, all of which count.
tokenize: 13a, none (words are what stands between spaces), intl, char or zh. lowercase: whether case is ignored.
smooth_method: exp, floor, add-k or none. smooth_value: for floor and add-k; None for sacrebleu's default.
use_effective_order: leave out n-grams longer than the text; for single sentences.
Returns score (0 to 100) of the corpus, counts, totals and precisions of 1- to 4-grams, bp (brevity penalty), sys_len,
ref_len, and the signature: the settings, without which a BLEU is not a number.
"""


class Bleu(evaluate.Metric):
    """The names and units of the hub's module `sacrebleu` (points, not the shares of its `bleu`), and the signature."""

    def _info(self):
        text = datasets.Value("string")
        return evaluate.MetricInfo(
            description="Precision of 1- to 4-grams over a whole corpus, less a penalty for being short.",
            citation="Papineni et al. 2002, BLEU; Post 2018, A Call for Clarity in Reporting BLEU Scores.",
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
        smooth_method="exp",
        smooth_value=None,
        lowercase=False,
        tokenize="13a",
        use_effective_order=False,
    ):
        bleu = overlap.bleu_scorer(tokenize, smooth_method, lowercase, use_effective_order, smooth_value)
        references = [[texts] if isinstance(texts, str) else texts for texts in references]
        found = bleu.corpus_score(predictions, overlap.streams(references))
        return {
            "score": found.score,
            "counts": found.counts,
            "totals": found.totals,
            "precisions": found.precisions,
            "bp": found.bp,
            "sys_len": found.sys_len,
            "ref_len": found.ref_len,
            "signature": str(bleu.get_signature()),
        }

"""Scores that compare a text with a reference: ROUGE."""


def rouge(predictions, references):
    """ROUGE-1 and ROUGE-L of each prediction, and its length, as dicts {rouge1, rougeL, words}.

    F-measure in points (0 to 100), words lower-cased and not stemmed, by the package `rouge_score`.
    references: for each prediction a text, or a list of texts, of which the one with the best score counts.
    (Lin 2004; lesson 06 builds it by hand.) Raises ValueError where the numbers of texts differ.
    """
    from rouge_score.rouge_scorer import RougeScorer

    if len(predictions) != len(references):
        raise ValueError(f"{len(predictions)} predictions but {len(references)} references: give one entry for each.")
    scorer = RougeScorer(["rouge1", "rougeL"])
    rows = []
    for prediction, wanted in zip(predictions, references, strict=True):
        scores = [scorer.score(one, prediction) for one in ([wanted] if isinstance(wanted, str) else wanted)]
        best = {name: 100 * max(score[name].fmeasure for score in scores) for name in ("rouge1", "rougeL")}
        rows.append({**best, "words": len(prediction.split())})
    return rows

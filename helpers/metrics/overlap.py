"""Scores that compare a text with a reference: ROUGE, BLEU and chrF, in points (0 to 100)."""

from helpers.errors import CourseError

# sacrebleu's tokenisers that need nothing beyond the course's packages.
TOKENIZERS = ("13a", "none", "intl", "char", "zh")
SMOOTHINGS = ("exp", "floor", "add-k", "none")


def rouge(predictions, references, kinds=("rouge1", "rougeL"), stem=False, details=False):
    """ROUGE of each prediction, and its length, as dicts {rouge1, rougeL, words}.

    F-measure in points (0 to 100), words lower-cased, by the package `rouge_score`, which keeps the letters a to z and
    digits alone: text in another script scores 0. (Lin 2004; lesson 06 builds it by hand.)
    references: for each prediction a text, or a list of texts, of which the one with the best score counts.
    kinds: of rouge1 to rouge9, rougeL and rougeLsum (sentences on lines of their own). stem: whether "tests" and
    "testing" count as the same word. details: whether to add {kind}_precision and {kind}_recall, in points.
    Raises CourseError where the numbers of texts differ, and on anything that is no text.
    """
    predictions, references = paired_texts(predictions, references)
    scorer = rouge_scorer(kinds, stem)
    rows = []
    for prediction, wanted in zip(predictions, references, strict=True):
        row = {}
        for kind, best in scorer.score_multi(wanted, prediction).items():
            row[kind] = 100 * best.fmeasure
            if details:
                row |= {f"{kind}_precision": 100 * best.precision, f"{kind}_recall": 100 * best.recall}
        rows.append({**row, "words": len(prediction.split())})
    return rows


def rouge_scorer(kinds, stem=False):
    """The `RougeScorer` of the package `rouge_score` for these kinds. Raises CourseError on a kind it has not."""
    from rouge_score.rouge_scorer import RougeScorer

    possible = (*(f"rouge{n}" for n in range(1, 10)), "rougeL", "rougeLsum")
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    if not kinds or (wrong := [kind for kind in kinds if kind not in possible]):
        raise CourseError(f"There is no ROUGE called {wrong[0] if kinds else ''!r}. Use {', '.join(possible)}.")
    return RougeScorer(kinds, use_stemmer=stem)


def bleu(predictions, references, tokenize="13a", smooth="exp", lowercase=False):
    """BLEU of a whole corpus, as {bleu, precisions, brevity_penalty, predicted_tokens, reference_tokens, signature}.

    In points (0 to 100), by the package sacrebleu; counts are added up over all texts before they are divided, so it
    is no mean over texts (Papineni et al. 2002, section 2). precisions: of 1- to 4-grams, in points.
    signature: sacrebleu's line of settings, without which a BLEU is not a number (Post 2018).
    references: for each prediction a text, or a list of texts, all of which count.
    tokenize: 13a (sacrebleu's default), none (words are what stands between spaces), intl, char or zh.
    smooth: exp, floor, add-k or none: what to do about a precision of 0 (Chen & Cherry 2014).
    Raises CourseError where the numbers of texts differ, on anything that is no text, and on an unknown setting.
    """
    predictions, references = paired_texts(predictions, references)
    scorer = bleu_scorer(tokenize, smooth, lowercase)
    found = scorer.corpus_score(predictions, streams(references))
    return {
        "bleu": found.score,
        "precisions": list(found.precisions),
        "brevity_penalty": found.bp,
        "predicted_tokens": found.sys_len,
        "reference_tokens": found.ref_len,
        "signature": str(scorer.get_signature()),
    }


def sentence_bleu(prediction, reference, tokenize="13a", smooth="exp", lowercase=False):
    """BLEU of one text in points (0 to 100), over n-grams no longer than the text ("effective order").

    reference: a text or a list of texts. Settings and errors as in `bleu`. Its mean over texts is not `bleu`.
    """
    (prediction,), (references,) = paired_texts([prediction], [reference])
    scorer = bleu_scorer(tokenize, smooth, lowercase, effective_order=True)
    return scorer.sentence_score(prediction, references).score


def bleu_scorer(tokenize="13a", smooth="exp", lowercase=False, effective_order=False, smooth_value=None):
    """The `BLEU` of the package sacrebleu with these settings. Raises CourseError on a setting that is unknown."""
    from sacrebleu.metrics import BLEU

    for name, value, possible in (("tokenize", tokenize, TOKENIZERS), ("smooth", smooth, SMOOTHINGS)):
        if value not in possible:
            raise CourseError(f"There is no {name}={value!r} for BLEU. Use {', '.join(possible)}.")
    return BLEU(
        lowercase=lowercase,
        force=True,  # without its warnings about texts that look tokenised
        tokenize=tokenize,
        smooth_method=smooth,
        smooth_value=smooth_value,
        effective_order=effective_order,
    )


def chrf(predictions, references, word_order=0):
    """chrF of a whole corpus, as {chrf, signature}: an F-score of 1- to 6-grams of characters, in points (0 to 100).

    Recall counts twice as much as precision (Popović 2015); by the package sacrebleu. word_order=2 adds words and
    pairs of words (chrF++, Popović 2017). references: as in `bleu`, but the best one counts. Errors as in `bleu`.
    """
    from sacrebleu.metrics import CHRF

    predictions, references = paired_texts(predictions, references)
    scorer = CHRF(word_order=word_order)
    score = scorer.corpus_score(predictions, streams(references)).score
    return {"chrf": score, "signature": str(scorer.get_signature())}


def streams(references):
    """References as sacrebleu wants them: the first of every text, the second of every text, ...; None: has no such."""
    most = max(map(len, references))
    return [[texts[i] if i < len(texts) else None for texts in references] for i in range(most)]


def paired_texts(predictions, references):
    """(predictions, references) as a list of texts and a list of lists of texts, one for each prediction.

    Raises CourseError on no predictions, numbers that differ, and anything that is no text.
    """
    for name, given in (("predictions", predictions), ("references", references)):
        if isinstance(given, str):
            raise CourseError(f"The {name} are one text. Put it into a list: [{name[:-1]}].")
        if given is None:
            raise CourseError(f"There are no {name}. Give a list of texts.")
    predictions, references = list(predictions), list(references)
    if not predictions:
        raise CourseError("There are no predictions: the list is empty, and a score of nothing has no meaning.")
    if len(predictions) != len(references):
        raise CourseError(f"{len(predictions)} predictions but {len(references)} references: give one entry for each.")
    references = [[wanted] if isinstance(wanted, str) else wanted for wanted in references]
    references = [list(wanted) if hasattr(wanted, "__iter__") else wanted for wanted in references]
    for row, (prediction, wanted) in enumerate(zip(predictions, references, strict=True)):
        if not isinstance(prediction, str):
            raise CourseError(f"Prediction {row} is {_shown(prediction)}, not a text. Use '' where there is no answer.")
        if not isinstance(wanted, list) or not all(isinstance(text, str) for text in wanted):
            raise CourseError(f"Reference {row} is {_shown(wanted)}. Give a text, or a list of texts.")
        if not wanted:
            raise CourseError(f"Reference {row} is an empty list. Give at least one text, or leave out that row.")
    return predictions, references


def _shown(value):
    text = f"{value!r}"
    return f"{text if len(text) <= 40 else text[:37] + '...'} ({type(value).__name__})"

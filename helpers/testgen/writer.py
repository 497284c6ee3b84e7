"""The test writer of lesson 11: trained on verified pairs, asked several times, and judged by execution.

Two ways to use a model: take its test as it is, or take only its calls, and let an execution fill in the values.
"""

import ast
import random
import statistics
from collections import Counter
from dataclasses import dataclass

from helpers import chat, corpus, course, kept, metrics, models
from helpers.files import need_space
from helpers.testgen import arguments, pairs, program, proposals
from helpers.testgen.asking import conversation, fenced
from helpers.testgen.cleaning import clean

RECIPE = 1  # part of what names a run: raise it when a change of code changes what is trained
# Of several answers, which should differ; a single one is the likeliest. With Codex, too, the best temperature rose
# with the number of answers (Chen et al. 2021, figure 5). Lesson 11 records both.
TEMPERATURE = 0.6
CALLS = 32  # that the program proposes for a function


def sizes():
    """functions: to write pairs for; rows: to train on; validation: rows to watch; short: the most characters of a
    function in either; tested, human_eval: functions to ask about; tries: answers to each, where there are several;
    longest: tokens of an answer. None stands for all.
    """
    return course.by_budget(
        smoke={"functions": 6, "rows": 8, "validation": 2, "short": 400, "tested": 2, "human_eval": 1, "tries": 2,
               "longest": 24},
        lesson={"functions": 70, "rows": 120, "validation": 12, "short": 700, "tested": 16, "human_eval": 8,
                "tries": 4, "longest": 96},
        full={"functions": None, "rows": 950, "validation": 32, "short": 900, "tested": 100, "human_eval": 100,
              "tries": 8, "longest": 128},
    )  # fmt: skip


# --- Rows -------------------------------------------------------------------------------------------------------------


def held_out(count=None, split="test"):
    """`count` functions of held-out packages that calls with plain values can test; from each package about as many.

    The others return functions, objects of their package and the like, or want such: no assertion that this course's
    models could write holds on to them. What can be tested, the program has found out (`pairs.from_split`).
    """
    asked = course.by_budget(smoke=6, lesson=60, full=None)
    testable = {pair["id"] for pair in pairs.from_split(split, asked)[0]}
    rows = pairs.of_corpus(corpus.load("functions", split, corpus.names_by_budget()))
    rows = [row for row in rows if row["id"] in testable]
    random.Random(0).shuffle(rows)
    return _in_turn(rows, "package")[: sizes()["tested"] if count is None else count]


def _in_turn(rows, key):
    """`rows` in another order: of each value of `key` one, before any second."""
    nth, order = Counter(), []
    for place, row in enumerate(rows):
        order.append((nth[row[key]], place))
        nth[row[key]] += 1
    return [rows[place] for _, place in sorted(order)]


def human_eval(count=None):
    """The functions of HumanEval, with their solutions, in the same form. Docstrings, which hold examples, are off."""
    rows = []
    for task in corpus.human_eval()[:count]:
        tree = ast.parse(task["prompt"] + task["canonical_solution"])
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None and len(node.body) > 1:
                node.body = node.body[1:]
        text = ast.unparse(tree) + "\n"
        shown = ast.unparse(proposals.function_of(text, task["entry_point"])) + "\n"
        about = {"id": task["task_id"], "package": task["task_id"], "name": task["entry_point"]}
        rows.append(about | {"function": shown, "module": text})
    return rows


def training_row(pair):
    """A pair as `finetune` takes it."""
    return chat.training_row(conversation(pair["function"]), fenced(pair["test"]))


def training_rows(seed=None):
    """The rows that the writer is trained on, of functions drawn with the course's seed.

    Of each function the easiest test, which comes first in the pairs; second ones only where those are too few.
    """
    of_function = {}
    for pair in short(pairs.training(sizes()["functions"])[0]):
        of_function.setdefault(pair["id"], []).append(pair)
    functions = list(of_function.values())
    rng = random.Random(course.seed() if seed is None else seed)
    rng.shuffle(functions)
    chosen = _in_turn([pair for some in functions for pair in some], "id")[: sizes()["rows"]]
    rng.shuffle(chosen)
    return [training_row(pair) for pair in chosen]


def short(found):
    """Those pairs whose function is short enough to train on in this budget: what is long takes time and memory."""
    return [pair for pair in found if len(pair["function"]) <= sizes()["short"]]


# --- Training ---------------------------------------------------------------------------------------------------------


@dataclass
class Writer:
    """A trained test writer: the `finetune.Result`, and the folder that holds its adapter."""

    result: object
    folder: object

    def model(self):
        """The base model with the adapter merged in, ready to answer."""
        return loaded(self.folder / "adapter")

    def trainable(self):
        """The base model with the adapter beside it, for a training that goes on from there."""
        from peft import PeftModel

        return PeftModel.from_pretrained(models.load_model(), self.folder / "adapter", is_trainable=True)


def loaded(folder):
    """A test writer from the folder of an adapter (`save_pretrained`), merged into the base model, ready to answer."""
    from peft import PeftModel

    return PeftModel.from_pretrained(models.load_model(), folder).merge_and_unload().eval()


def train(rows=None, **changes):
    """Train an adapter on `rows` (`training_rows` if None), or read what an earlier call kept: a `Writer`.

    changes: arguments of `finetune` other than the course's.
    """
    from helpers import finetune

    rows = training_rows() if rows is None else rows
    watched = short(pairs.from_split("validation", course.by_budget(smoke=3, lesson=12, full=32))[0])
    watched = [training_row(pair) for pair in _in_turn(watched, "id")[: sizes()["validation"]]]
    arguments_ = {"epochs": 1, "batch_size": course.by_budget(smoke=4, lesson=8, full=8)}
    # 2e-3 lies between 1e-3 and the 3e-3 that the sweep of lesson 08, of short trainings, likes best. The full budget's
    # 119 steps were run with 1e-3 only.
    arguments_ |= {"learning_rate": course.by_budget(smoke=2e-3, lesson=2e-3, full=1e-3)}
    arguments_ |= {"accumulate": course.by_budget(smoke=2, lesson=4, full=2) if course.device() == "cpu" else 1}
    arguments_ |= {"evaluations": course.by_budget(smoke=1, lesson=2, full=4)} | changes

    def make(folder):
        need_space(folder, 50_000_000, "An adapter")
        result = finetune.finetune(
            None, rows, "lora", tokenizer=models.load_tokenizer(), validation=watched, label="Training", **arguments_
        )
        result.model.save_pretrained(folder / "adapter")
        result.save(folder / "result.json")

    folder = kept.folder("test-writer", [arguments_, rows, watched, RECIPE], make)
    return Writer(finetune.Result.load(folder / "result.json"), folder)


# --- Asking and judging -----------------------------------------------------------------------------------------------


def ask(model, tokenizer, rows, shots=(), samples=None, temperature=TEMPERATURE, label="Asking"):
    """For each row a list of answers: the likeliest alone, or `samples` of them, drawn at `temperature`."""
    requests = [conversation(row["function"], shots) for row in rows]
    asked = {"max_new_tokens": sizes()["longest"], "batch_size": 32, "label": label}
    if samples is None:
        return [[answer] for answer in models.generate(model, tokenizer, requests, **asked)]
    asked |= {"do_sample": True, "temperature": temperature, "top_p": 0.95, "samples": samples}
    return models.generate(model, tokenizer, requests, **asked)


def judged(rows, answers, label="Running the tests"):
    """For each row a dict: is_test, valid, held (shares over its answers), passed (how many of them pass), answers.

    is_test: pytest would collect it, it asserts something, and it calls the function. valid: an assertion comes to a
    verdict, too. held: assertions that are true, 0 for what is not valid. passed: all assertions hold, and one is
    false on a mutant.
    """
    tests = [[clean(answer, row["name"]) for answer in some] for row, some in zip(rows, answers, strict=True)]
    jobs = list(dict.fromkeys((place, test) for place, some in enumerate(tests) for test in some))
    scores = metrics.score_tests(
        [rows[place]["module"] for place, _ in jobs], [test for _, test in jobs],
        names=[rows[place]["name"] for place, _ in jobs], label=label,
    )  # fmt: skip
    known = dict(zip(jobs, scores, strict=True))
    no_tests = (metrics.Outcome.NOT_A_TEST, metrics.Outcome.DOES_NOT_PARSE)
    found = []
    for place, some in enumerate(tests):
        mine = [known[place, test] for test in some]
        held = [score.held / score.assertions if score.valid else 0.0 for score in mine]
        found.append({
            "is_test": statistics.mean(score.outcome not in no_tests for score in mine),
            "valid": statistics.mean(score.valid for score in mine), "held": statistics.mean(held),
            "passed": sum(score.outcome == metrics.Outcome.PASSES for score in mine), "answers": len(mine),
        })  # fmt: skip
    return found


def pass_at(judgements, k):
    """Per function the chance that one of k answers passes (see `metrics.pass_at_k`), as a list."""
    return [metrics.pass_at_k(one["answers"], one["passed"], k) for one in judgements]


def calls_in(row, answers):
    """The calls of a row's function in a model's answers, without repeats."""
    return list(dict.fromkeys(call for answer in answers for call in proposals.mentioned(answer, row["name"])))


def filled(rows, calls=None, also=None, count=CALLS, most=8, label="Filling in values"):
    """For each row a dict: test (text, '' for none), mutation (share of mutants killed, 0 without a test), passes.

    calls: for each row a list of calls in place of the program's; None for the program's, `count` of them (a number, or
    a list with one for each row). also: calls beside those.
    passes: whether the test that was written holds by itself; None where none was written.
    """
    from helpers import sandbox

    arguments.draw_all()
    calls, also = calls or [None] * len(rows), also or [()] * len(rows)
    counts = [count] * len(rows) if isinstance(count, int) else count

    def work(job):
        row, own, more, few = job
        written = program.write(
            row["module"], row["name"], calls=own, also=more, count=few, step=CALLS, most=most, scored=False,
        )  # fmt: skip
        if not written.test:
            return {"test": "", "mutation": 0.0, "passes": None, "why": written.why}
        (score,) = metrics.score_tests([row["module"]], [written.test], names=[row["name"]], workers=1)
        good = score.outcome in (metrics.Outcome.PASSES, metrics.Outcome.KILLS_NOTHING)
        return {"test": written.test, "mutation": score.mutation_score or 0.0, "passes": good, "why": score.why}

    return sandbox.in_parallel(work, list(zip(rows, calls, also, counts, strict=True)), label=label)


def likeness(test, human):
    """How alike a test is to tests that people wrote: {"rougeL", "bleu"}, in points from 0 to 100 (see `metrics`)."""
    return {
        "rougeL": metrics.rouge([test], [human], kinds=("rougeL",))[0]["rougeL"],
        "bleu": metrics.sentence_bleu(test, human),
    }


def says_yes(model, tokenizer, row, test):
    """Whether `model`, asked if every assertion of a test is true, finds "yes" likelier than "no" as its next word."""
    import torch

    question = "Is every assertion of this test true? Answer yes or no."
    content = f"{fenced(row['function'])}\n\n{fenced(test)}\n\n{question}"
    ids = tokenizer.apply_chat_template(
        [{"role": "user", "content": content}], add_generation_prompt=True, return_dict=False
    )
    with torch.inference_mode(), course.autocast():
        logits = model(torch.tensor([ids], device=model.device), logits_to_keep=1).logits[0, -1].float()
    words = {word: tokenizer(word, add_special_tokens=False)["input_ids"][0] for word in ("Yes", "yes", "No", "no")}
    return bool(max(logits[words["Yes"]], logits[words["yes"]]) > max(logits[words["No"]], logits[words["no"]]))

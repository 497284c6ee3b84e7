"""The Hub track, run for real against a hub on this machine: COURSE_MODEL for Qwen and Llama, and FLAN-T5 on DialogSum.

The code under test runs in a Python of its own, whose settings alone lead it to the local hub.
"""

import math
import shutil
import subprocess
import sys

import local_hub
import pytest
import tiny_policies
import torch

from helpers import hub as hub_errors
from helpers import ppo, summarizing
from helpers.errors import CourseError
from helpers.summarizing import detox

QWEN, LLAMA = "Qwen/Qwen2.5-0.5B-Instruct", "meta-llama/Llama-3.2-1B-Instruct"
SETTING = """
import os
os.environ["COURSE_MODEL"] = {model!r}
from helpers import documenting, finetune, hub, models, summarizing
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub")
    local_hub.make_chat_model(folder, QWEN, "qwen2")
    local_hub.make_chat_model(folder, LLAMA, "llama")
    for copy in ("Qwen/Qwen2.5-0.5B", "meta-llama/Llama-3.1-8B-Instruct", "somebody/cut"):
        shutil.copytree(folder / "models" / QWEN, folder / "models" / copy)
    (folder / "models" / "Qwen" / "Qwen2.5-0.5B" / "chat_template.jinja").unlink()
    data = local_hub.make_dialogsum(folder)
    local_hub.make_flan_t5(folder, text=(data / "train.csv").read_text(encoding="utf-8"))
    with local_hub.Hub(folder) as hub:
        yield hub


@pytest.fixture(scope="module")
def learner(hub, tmp_path_factory):
    with local_hub.Learner(hub.environment(tmp_path_factory.mktemp("home"))) as learner:
        yield learner


def run(learner, code, model=QWEN):
    said = learner.run(SETTING.format(model=model) + code)
    assert "error" not in said, said
    return said["answer"]


def refused(learner, code, model=QWEN):
    """The message of the CourseError that `code` ends in."""
    said = learner.run(SETTING.format(model=model) + code)
    assert said.get("error") == "CourseError", said
    return said["message"]


TRAIN = """
tokenizer = models.load_tokenizer()
row = {{"code": "def add(a, b):\\n    return a + b", "docstring": "Add two numbers."}}
rows = documenting.training_rows([row] * 8)
result = finetune.finetune(
    None, rows, {method!r}, tokenizer=tokenizer, max_steps={steps}, learning_rate=0.01
)
answer = result.as_dict() | {{
    "vocabulary": len(tokenizer),
    "texts": documenting.write(result.model, tokenizer, [row, row]),
    "kind": type(result.model).__name__,
}}
"""


@pytest.mark.parametrize("method", ["full", "lora", "qlora"])
@pytest.mark.parametrize("model", [QWEN, LLAMA], ids=["qwen", "llama"])
def test_a_hub_model_is_trained_and_writes(hub, learner, model, method):
    steps = 30 if method == "full" else 6
    done = run(learner, TRAIN.format(method=method, steps=steps), model)
    assert hub.asked(f"/{model}/resolve/") and hub.asked("model.safetensors")
    assert done["settings"]["model"] == model and done["steps"] == len(done["losses"]) == steps
    assert done["losses"][0] == pytest.approx(math.log(done["vocabulary"]), rel=0.1)  # it knows nothing yet
    assert done["losses"][-1] < done["losses"][0] - 0.05
    if method == "full":
        assert done["trainable"] == done["parameters"] and done["texts"] == ["Add two numbers."] * 2
    else:
        assert done["trainable"] == 32_768 < done["parameters"] / 3  # rank 16 on all linear layers
        assert done["kind"] == "PeftModelForCausalLM" and all(isinstance(text, str) for text in done["texts"])


def test_llamas_answers_end_in_a_label_and_begin_once(learner):
    """Its padding is its closing token, whose label must stay; its first token must not come twice."""
    code = """
from helpers.finetune.rows import dataset
tokenizer = models.load_tokenizer()
row = dataset(documenting.training_rows([{"code": "def f(): pass", "docstring": "Do it."}]), tokenizer, 512)[0]
answer = [row["input_ids"].count(tokenizer.bos_token_id), row["labels"][-1] == tokenizer.eos_token_id,
          tokenizer.pad_token == tokenizer.eos_token, tokenizer.padding_side]
"""
    assert run(learner, code, LLAMA) == [1, True, True, "left"]


def test_the_licence_comes_from_the_models_card(learner):
    assert run(learner, "answer = models.licence()") == "other"


def test_a_model_without_a_chat_template_is_refused(learner):
    assert "-Instruct" in refused(learner, "models.load_tokenizer()", "Qwen/Qwen2.5-0.5B")


@pytest.mark.parametrize("token", ["", "hf_" + "a" * 34], ids=["stranger", "not yet accepted"])
def test_a_gated_model_says_how_to_get_in(hub, learner, token):
    name = "meta-llama/Llama-3.1-8B-Instruct"
    hub.gated.add(name)
    code = f"""
os.environ["HF_TOKEN"] = {token!r}
try:
    models.load_tokenizer()
finally:
    del os.environ["HF_TOKEN"]
"""
    message = refused(learner, code, name)
    assert "gated" in message and "accept" in message and "hf auth login" in message


def test_a_download_that_breaks_off_goes_on_later(hub, learner):
    hub.cut["model.safetensors"] = 1000
    try:
        message = refused(learner, "models.load_model()", "somebody/cut")
    finally:
        hub.cut.clear()
    assert "Run this again" in message
    assert run(learner, "answer = models.load_model().num_parameters()", "somebody/cut") == 95_552


def test_the_classic_lab_runs_from_the_hub(hub, learner):
    done = run(learner, "answer = summarizing.compare(); answer['table'] = summarizing.table(answer)")
    assert hub.asked(f"/datasets/{summarizing.DATA}/resolve/") and hub.asked(f"/{summarizing.MODEL}/resolve/")
    assert list(done["values"]) == ["the first 20 words", "one sentence for all", "base", "full", "lora", "a person"]
    assert done["n"] == len(done["items"]) == 4 and done["settings"]["training_rows"] == 16
    assert done["values"]["lora"]["trainable"] < done["values"]["full"]["trainable"]
    assert {"minus_full_ci", "rouge1_gain_ci", "minutes", "validation_loss"} < set(done["values"]["lora"])
    assert "rouge1_single" in done["table"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("summarizing.load('google/flan-t5-bass')", "the name is wrong, or it is private"),
        ("summarizing.dialogues('test', name='knkarthick/dialogsun')", "the name is wrong, or it is private"),
        (f"summarizing.load({QWEN!r})", "could not be loaded"),
        ("import os; summarizing.load('meta-llama/gated')", "accept"),
    ],
)
def test_what_cannot_be_loaded_is_explained(hub, learner, code, words):
    gated = hub.folder / "models" / "meta-llama" / "gated"
    if not gated.exists():
        shutil.copytree(hub.folder / "models" / LLAMA, gated)
    hub.gated.add("meta-llama/gated")
    assert words in refused(learner, code)


def test_a_setting_that_forbids_the_network_is_named(hub, tmp_path):
    code = "from helpers import summarizing; summarizing.load()"
    environment = hub.environment(tmp_path, HF_HUB_OFFLINE="1")
    before = len(hub.requests)
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, encoding="utf-8")
    assert "CourseError: HF_HUB_OFFLINE is set" in done.stderr, done.stderr
    assert len(hub.requests) == before


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("ConnectError", None, "cannot be reached"),
        ("ConnectTimeout", None, "cannot be reached"),
        ("ReadTimeout", None, "goes on where it stopped"),
        ("RemoteProtocolError", None, "goes on where it stopped"),
        (None, 503, "cannot answer now"),
        (None, 429, "cannot answer now"),
        (None, 401, "name is wrong, or it is private"),
        (None, 403, "accept"),
    ],
)
def test_errors_are_told_apart_by_their_kind(monkeypatch, kind, status, words):
    """What would take the client a minute of retries to arrive at."""
    import httpx2
    from huggingface_hub import constants
    from huggingface_hub.errors import HfHubHTTPError

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    if kind:
        cause = getattr(httpx2, kind)("a reason")
    else:
        request = httpx2.Request("GET", "http://127.0.0.1/api")
        cause = HfHubHTTPError("a reason", response=httpx2.Response(status, request=request))
    with pytest.raises(CourseError, match=words) as caught, hub_errors.explained("a/b", "Or take another."):
        try:
            raise cause
        except Exception as error:
            raise OSError("We couldn't connect to it.") from error
    assert str(caught.value).startswith(("a/b", "The")) and str(caught.value).endswith("Or take another.")


def test_what_is_no_trouble_of_the_hub_is_left_alone():
    with pytest.raises(KeyError), hub_errors.explained("a/b"):
        raise KeyError("a mistake in the code")


def test_summarizing_out_of_memory_says_what_to_change(hub, monkeypatch):
    """The planner knows no encoder-decoder, so the advice is the summariser's own."""
    from transformers import Seq2SeqTrainer

    error = RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate")

    def failing(*_, **__):
        raise error

    model, tokenizer = summarizing.load(str(hub.folder / "models" / summarizing.MODEL))
    short, long = ({"id": "1", "dialogue": "Hello. " * count, "summaries": ["A."]} for count in (3, 60))
    longest = max(map(len, summarizing.encoded(tokenizer, [short, long])["input_ids"]))
    monkeypatch.setattr(Seq2SeqTrainer, "training_step", failing)
    with pytest.raises(CourseError) as caught:
        summarizing.train(model, tokenizer, [short] * 2, "lora", validation=[long], batch_size=2)
    message = str(caught.value)
    assert f"Memory ran out: 2 rows of up to {longest} tokens, method 'lora'" in message
    assert "What to change first: use a smaller batch_size, or method='lora'" in message
    assert message.endswith("start anew.") and caught.value.__cause__ is error


def test_the_kl_is_estimated_on_drawn_summaries_and_the_texts_are_the_likeliest():
    """For replies of one token the divergence is known; the likeliest tokens alone would not estimate it."""
    policy = tiny_policies.encoder_decoder()
    torch.manual_seed(0)
    for name, parameter in policy.model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.15)
    rows = tiny_policies.ROWS * 100
    prompts = [row["prompt"] for row in tiny_policies.ROWS]
    likeliest = ppo.collect(policy, prompts, longest=1, greedy=True)
    with torch.no_grad():
        logs = policy.evaluate(likeliest.ids, likeliest.mask, likeliest.replies, 1)[0].log_softmax(-1)
        with policy.reference():
            reference = policy.evaluate(likeliest.ids, likeliest.mask, likeliest.replies, 1)[0].log_softmax(-1)
    exact = (logs.exp() * (logs - reference)).sum(-1).mean().item()
    nats = detox._nats(policy, rows, 1, batch_size=60)
    assert len(nats) == len(rows) and min(nats) >= 0
    assert sum(nats) / len(nats) == pytest.approx(exact, rel=0.15)
    assert likeliest.kl("k3").mean().item() != pytest.approx(exact, rel=0.15)
    assert detox._summaries(policy, tiny_policies.ROWS, 1, "Before") == likeliest.texts

"""The base model: dequantised once into a safetensors cache, loaded in about two seconds after; or any Hub model.

`COURSE_MODEL` takes a Hub id. The default comes in a package (see `data/cards/smollm2.md`) and needs no account.
"""

import copy
import json
import os

from helpers import assets, course, heap, hub
from helpers.errors import CourseError
from helpers.files import locked, need_space, new_folder, sha256, write_json
from helpers.progress import Bar
from helpers.threads import Threads

CACHE_BYTES = 273_000_000  # bf16 weights and tokenizer, measured
SHORTEST_PREFIX = 16  # tokens that all prompts must share, for reading them once to pay


def folder():
    """Where the base model's dequantised copy lives. It need not exist yet."""
    asset = assets.ASSETS["smollm2"]
    return course.home() / "models" / f"{course.BASE_MODEL}-{asset.sha256[:8]}"


def state():
    """'missing', 'complete' or 'damaged': the dequantised copy, checked by its SHA-256."""
    complete = folder() / "complete.json"
    if not complete.exists():
        return "missing"
    try:
        hashes = json.loads(complete.read_text(encoding="utf-8"))["sha256"]
        intact = all(sha256(folder() / name) == digest for name, digest in hashes.items())
    except (OSError, ValueError, KeyError):
        return "damaged"
    return "complete" if intact else "damaged"


def prepare():
    """Make the base model ready and return its folder: fetch the package, dequantise it to bf16, save it. Once.

    A damaged copy is noticed by its hash and made again; a damaged download is fetched again.
    """
    if state() == "complete":
        return folder()
    if course.home().exists() and not course.home().is_dir():
        raise CourseError(f"COURSE_HOME is {course.home()}, which is a file. Set it to a folder, or unset it.")
    with locked(folder().with_suffix(".lock"), "Another program is preparing the base model; waiting for it."):
        if state() == "complete":
            return folder()
        assets.repair("smollm2")  # nothing to do unless its bytes are missing or damaged
        need_space(folder(), CACHE_BYTES, "The base model's copy")
        print("Preparing the base model, once (about 20 seconds) ...", flush=True)
        with new_folder(folder()) as temporary:
            _dequantise(assets.path("smollm2", "gguf"), temporary)
            names = ("model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json")
            write_json(temporary / "complete.json", {"sha256": {name: sha256(temporary / name) for name in names}})
    return folder()


def _dequantise(gguf, target):
    """Read the 4-bit GGUF file and save it as bf16 safetensors with its tokenizer.

    A plain GGUF load can be neither saved nor trained; `GgufConfig(dequantize=True)` gives ordinary weights.
    """
    course.quiet()
    import contextlib
    import io

    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    source = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    with contextlib.redirect_stderr(io.StringIO()):  # progress bars that no setting turns off
        model = AutoModelForCausalLM.from_pretrained(
            **source, dtype=torch.bfloat16, quantization_config=GgufConfig(dequantize=True)
        )
        tokenizer = AutoTokenizer.from_pretrained(**source)
        model.save_pretrained(target)
        tokenizer.save_pretrained(target)


def _source():
    return str(prepare()) if course.model() == course.BASE_MODEL else course.model()


def load_tokenizer():
    """The tokenizer of the model that the settings choose. It pads on the left, as generation needs."""
    tokenizer = _from_pretrained("AutoTokenizer", padding_side="left")
    if tokenizer.pad_token is None:  # Llama 3's, for one
        tokenizer.pad_token = tokenizer.eos_token
    if not tokenizer.chat_template:
        raise CourseError(
            f"{course.model()} has no chat template, so it is not a chat model, and the course asks its questions as "
            "chats. Set COURSE_MODEL to the instruction-tuned version of it (often the same name with -Instruct)."
        )
    return tokenizer


def load_model(folder=None):
    """The model that the settings choose, on their device, in evaluation mode; or one that was saved in `folder`.

    Weights are bf16 where the device computes in it, else fp32: a T4 computes in fp16, but trains from fp32 weights.
    """
    import torch

    dtype = torch.bfloat16 if course.dtype() is torch.bfloat16 else torch.float32
    return _from_pretrained("AutoModelForCausalLM", folder, dtype=dtype).to(course.device()).eval()


def load_config():
    """The configuration of the model that the settings choose: its shape, without weights."""
    return _from_pretrained("AutoConfig")


def load_4bit_model():
    """The model that the settings choose with its linear layers in NF4, doubly quantised (QLoRA, Dettmers et al. 2023).

    The other weights are as `load_model` has them. PEFT's `prepare_model_for_kbit_training` would turn those into fp32;
    with a vocabulary this large that would cost more than the quantisation saves.
    """
    import bitsandbytes
    import torch
    from transformers import BitsAndBytesConfig

    dtype = torch.bfloat16 if course.dtype() is torch.bfloat16 else torch.float32
    nf4 = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=course.dtype(),
    )
    model = _from_pretrained(
        "AutoModelForCausalLM", dtype=dtype, quantization_config=nf4, device_map={"": course.device()}
    )
    for module in model.modules():
        if isinstance(module, bitsandbytes.nn.Linear4bit):
            # On CPUs with avx512_bf16 the first evaluation would repack the weights, and gradients would be wrong.
            module.support_avx512bf16_for_cpu = False
    return model.eval()


def _from_pretrained(kind, folder=None, **options):
    import transformers

    name = str(folder or _source())
    options["trust_remote_code"] = False  # else a model's own code would run here after one "y"
    load = getattr(transformers, kind).from_pretrained
    if name != course.model():
        return load(name, **options)
    with hub.explained(name, "Or unset COURSE_MODEL, to use the model that comes in a package."):
        return load(name, **options)


def licence():
    """The licence of the chosen model, in a few words, for a notebook to show."""
    if course.model() == course.BASE_MODEL:
        return assets.ASSETS["smollm2"].licence
    from huggingface_hub import model_info

    try:
        card = model_info(course.model()).card_data
    except Exception:  # no network, of which the Hub's client has many kinds: no reason to stop a lesson
        return "not known without a network: read the model's page before you use it"
    return str(getattr(card, "license", None) or "not stated: read the model's page before you use it")


def generate(
    model,
    tokenizer,
    conversations,
    *,
    max_new_tokens=160,
    batch_size=16,
    label="Generating",
    do_sample=False,
    temperature=1.0,
    top_k=0,
    top_p=1.0,
    seed=None,
    samples=None,
):
    """Answer each conversation and return the answers as texts, in order: the likeliest token each time, or sampled.

    conversations: lists of {"role": ..., "content": ...}; the answer is what an assistant says next.
    samples: how many answers to draw for each conversation, which is read once; the result then is a list of lists.
    do_sample: draw each token at random instead, after temperature, top_k (0: all) and top_p (1: all), with `seed`
    (the course's seed if None); the random numbers of the caller go on as if nothing had been drawn. The same call
    gives the same texts; another batch size need not. Batches hold prompts of similar length, because padding is
    computed too; what all prompts begin with, such as worked examples, is read once. Raises CourseError on settings
    that cannot be. batch_size counts answers.
    """
    if samples is not None and (samples < 1 or not do_sample):
        raise CourseError(f"samples is {samples}, do_sample {do_sample}. Several answers differ only if sampled.")
    if not (temperature > 0 and top_k >= 0 and 0 < top_p <= 1):
        raise CourseError(
            f"temperature is {temperature}, top_k {top_k} and top_p {top_p}. Temperature must be above 0 (to leave "
            "nothing to chance, leave do_sample out), top_k 0 or more, top_p above 0 and at most 1."
        )
    import torch
    from transformers import StoppingCriteria, StoppingCriteriaList

    class Tick(StoppingCriteria):
        """Never stops; it is called after each token, which is when the number of threads may change."""

        def __call__(self, input_ids, scores, **kwargs):
            first = input_ids.shape[1] == inputs["input_ids"].shape[1] + 1  # it took reading the prompt as well
            threads.tick(0 if first else len(input_ids))
            return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)

    heap.keep()
    threads = Threads()
    prompts = [
        tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
        for messages in conversations
    ]
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
    count = samples or 1
    answers = [[]] * len(prompts)
    decoding = {"do_sample": do_sample}
    if do_sample:  # without sampling, transformers warns about settings that have no effect
        decoding |= {"temperature": float(temperature), "top_k": top_k, "top_p": float(top_p)}
    with (
        Bar(len(prompts) * count, label) as bar,
        torch.inference_mode(),
        course.autocast(),
        torch.random.fork_rng(enabled=do_sample),
    ):
        if do_sample:
            torch.manual_seed(course.seed() if seed is None else seed)
        shared, cache = _shared_prefix(model, prompts)
        at_once = max(1, batch_size // count)
        for start in range(0, len(order), at_once):
            batch = order[start : start + at_once]
            rest = tokenizer.pad({"input_ids": [prompts[index][len(shared) :] for index in batch]}, return_tensors="pt")
            inputs = {
                "input_ids": _in_front(shared, rest["input_ids"]).to(model.device),
                "attention_mask": _in_front([1] * len(shared), rest["attention_mask"]).to(model.device),
            }
            again = copy.deepcopy(cache)  # generation writes into it
            if cache is not None:
                again.batch_repeat_interleave(len(batch))
            if count > 1:
                again = _read_prompts(model, inputs, again)
                if again is not None:
                    again.batch_repeat_interleave(count)
                inputs = {name: rows.repeat_interleave(count, dim=0) for name, rows in inputs.items()}
            output = model.generate(
                **inputs,
                **decoding,
                past_key_values=again,
                max_new_tokens=max_new_tokens,
                pad_token_id=tokenizer.pad_token_id,
                stopping_criteria=StoppingCriteriaList([Tick()]),
            )
            texts = tokenizer.batch_decode(output[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
            for place, index in enumerate(batch):
                answers[index] = texts[place * count : (place + 1) * count]
            bar.advance(len(texts))
    return answers if samples else [text for (text,) in answers]


def _read_prompts(model, inputs, cache):
    """The cache after all tokens of the prompts but the last; as it was (None: none) where the model has no plain one.

    cache: of what all prompts begin with, or None.
    """
    cache = cache or _plain_cache(model)
    if cache is None:
        return None
    done = cache.get_seq_length()
    mask = inputs["attention_mask"][:, :-1]
    ids, places = inputs["input_ids"][:, done:-1], (mask.cumsum(1) - 1).clamp(min=0)[:, done:]
    if ids.shape[1]:
        model(ids, attention_mask=mask, position_ids=places, past_key_values=cache, use_cache=True, logits_to_keep=1)
    return cache


def _plain_cache(model):
    """An empty cache of keys and values, or None where the model wants more than a plain one.

    Some kinds of layers keep a window or a running state, which padding in front would spoil; prompt tuning puts
    positions in front.
    """
    from transformers.cache_utils import DynamicCache, DynamicLayer

    cache = DynamicCache(config=model.config)
    plain = all(type(layer) is DynamicLayer for layer in cache.layers) and not hasattr(model, "peft_config")
    return cache if plain else None


def _shared_prefix(model, prompts):
    """(the tokens that all prompts begin with, the cache of keys and values after them); ([], None) where it won't pay.

    prompts: lists of token numbers. At least one token of each is left to be read.
    """
    import torch

    shared = os.path.commonprefix([prompt[:-1] for prompt in prompts])
    cache = _plain_cache(model)
    if len(prompts) < 2 or len(shared) < SHORTEST_PREFIX or cache is None:
        return [], None
    model(torch.tensor([shared], device=model.device), past_key_values=cache, use_cache=True, logits_to_keep=1)
    return shared, cache


def _in_front(numbers, rows):
    """The tensor `rows` with the list `numbers` in front of each row."""
    import torch

    return torch.cat([torch.tensor(numbers, dtype=rows.dtype).expand(len(rows), -1), rows], dim=1)

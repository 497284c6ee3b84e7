"""Policies on tiny random models, a causal and an encoder–decoder one, and a task whose best answer is known."""

import functools
import re

import tiny_llama
import torch

from helpers import ppo


@functools.cache
def tokenizer():
    """Words alone: a, b, ... and an end."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = ["<pad>", "<end>", "<unk>", *"abcdefghijklm"]
    inner = Tokenizer(models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", eos_token="<end>", unk_token="<unk>", padding_side="left"
    )


def spread_out(model):
    """`model` with an output layer spread out as a trained one's: a frozen one of first values says nothing clearly."""
    head = model.lm_head.weight
    model.lm_head.weight = torch.nn.Parameter(torch.randn_like(head) / head.shape[1] ** 0.5)
    return model


def causal(seed=0, **options):
    model = spread_out(tiny_llama.model(tokenizer(), seed))
    return ppo.Policy(model, tokenizer(), **({"rank": 4, "alpha": 8} | options))


def encoder_decoder(seed=0, **options):
    from transformers import T5Config, T5ForConditionalGeneration

    torch.manual_seed(seed)
    config = T5Config(
        vocab_size=len(tokenizer()), d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, decoder_start_token_id=0,
        pad_token_id=0, eos_token_id=1, tie_word_embeddings=False,
    )  # fmt: skip
    return ppo.Policy(
        spread_out(T5ForConditionalGeneration(config)), tokenizer(), **({"rank": 4, "alpha": 8} | options)
    )


BOTH = {"causal": causal, "encoder-decoder": encoder_decoder}
ROWS = [{"prompt": text} for text in ("a b c", "d e", "f g h i j", "k l", "b a", "c c c")]


def share_of_a(rows, texts):
    """The reward of the toy task: the share of a's among a reply's words. The best there is, 1, is a's alone."""
    words = [re.findall(r"\w+", text) for text in texts]
    return [each.count("a") / len(each) if each else 0.0 for each in words]

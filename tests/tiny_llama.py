"""A Llama with random weights, small enough to train in a blink, and rows to train it on."""


def model(tokenizer, seed=0, **changes):
    """A LlamaForCausalLM in fp32 for `tokenizer`, from `seed`. changes: to its LlamaConfig."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4)
    torch.manual_seed(seed)
    return LlamaForCausalLM(
        LlamaConfig(vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id, **(sizes | changes))
    )


def rows(count, start=0):
    """Questions and answers of several lengths, as `finetune` takes them."""
    return [
        {
            "prompt": [{"role": "user", "content": f"Count to {number}" + " please" * (number % 7)}],
            "completion": [{"role": "assistant", "content": " ".join(map(str, range(number % 5 + 1)))}],
        }
        for number in range(start, start + count)
    ]

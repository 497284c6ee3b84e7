"""How many parameters a Llama-type model has, part by part: from its configuration alone, and in a loaded model."""

from helpers.errors import CourseError


def require_llama(config):
    """Raise CourseError unless `config` describes the architecture that lesson 02 writes out: Llama with plain RoPE."""
    rope = (getattr(config, "rope_parameters", None) or {}).get("rope_type", "default")
    if config.model_type != "llama" or config.attention_bias or config.mlp_bias or rope != "default":
        raise CourseError(
            f"This lesson takes a Llama apart, and the chosen model is built differently (type {config.model_type!r}, "
            f"rotary positions {rope!r}). Unset COURSE_MODEL, or choose a model with Llama 2's architecture."
        )


def of_layer(hidden, heads, kv_heads, head_dim, intermediate):
    """The parameters of one layer, as {part: number}. No biases; two RMSNorms; a gated MLP (Shazeer 2020, SwiGLU).

    hidden: numbers per token; heads and kv_heads: how many query heads and key/value heads, each of `head_dim` numbers;
    intermediate: width of the MLP.
    """
    return {
        "queries": hidden * heads * head_dim,
        "keys": hidden * kv_heads * head_dim,
        "values": hidden * kv_heads * head_dim,
        "attention output": heads * head_dim * hidden,
        "MLP gate": hidden * intermediate,
        "MLP up": hidden * intermediate,
        "MLP down": intermediate * hidden,
        "norms": 2 * hidden,
    }


def by_part(config):
    """The parameters of a whole model, as {part: number}, from its configuration. Raises CourseError if not a Llama.

    A tied output layer is the embedding table itself, so it adds nothing.
    """
    require_llama(config)
    layer = of_layer(
        hidden=config.hidden_size,
        heads=config.num_attention_heads,
        kv_heads=config.num_key_value_heads,
        head_dim=config.head_dim,
        intermediate=config.intermediate_size,
    )
    table = config.vocab_size * config.hidden_size
    parts = {part: count * config.num_hidden_layers for part, count in layer.items()}
    parts["norms"] += config.hidden_size  # the one behind the last layer
    return {"embedding": table} | parts | {"output layer": 0 if config.tie_word_embeddings else table}


_NAMES = {
    "embed_tokens": "embedding", "q_proj": "queries", "k_proj": "keys", "v_proj": "values",
    "o_proj": "attention output", "gate_proj": "MLP gate", "up_proj": "MLP up", "down_proj": "MLP down",
    "input_layernorm": "norms", "post_attention_layernorm": "norms", "norm": "norms", "lm_head": "output layer",
}  # fmt: skip


def in_model(model):
    """The same parts, counted in a loaded model. A tensor used twice counts once."""
    counted = dict.fromkeys(by_part(model.config), 0)
    for name, tensor in model.named_parameters():
        counted[_NAMES[name.split(".")[-2]]] += tensor.numel()
    return counted

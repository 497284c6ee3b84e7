"""The numbers of a decoder that its memory depends on, and complaints about numbers that cannot be."""

from dataclasses import dataclass
from numbers import Integral

from helpers.errors import CourseError

FAMILIES = ("llama", "qwen2", "mistral")


@dataclass(frozen=True)
class Shape:
    """The numbers of a decoder's config that memory depends on."""

    vocabulary: int
    hidden: int
    layers: int
    heads: int
    query: int  # width of all query heads together
    key: int  # width of all key heads together; with grouped-query attention less than `query`
    mlp: int
    biases: int  # numbers in all biases of a layer
    tied: bool  # whether the output layer is the embedding

    @classmethod
    def of(cls, config):
        """The shape that a transformers config describes. Raises CourseError for a family that is built otherwise."""
        family = getattr(config, "model_type", type(config).__name__)
        if family not in FAMILIES:
            raise CourseError(
                f"Memory is predicted for decoders built like Llama ({', '.join(FAMILIES)}); this is {family!r}. "
                "Choose one of those, or measure: memory.measure takes any model on a CPU or an NVIDIA GPU."
            )
        width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        query, key = width * config.num_attention_heads, width * config.num_key_value_heads
        biases = query + 2 * key if family == "qwen2" else 0
        if family == "llama" and config.attention_bias:
            biases = query + 2 * key + config.hidden_size
        if getattr(config, "mlp_bias", False):
            biases += 2 * config.intermediate_size + config.hidden_size
        return cls(
            vocabulary=config.vocab_size,
            hidden=config.hidden_size,
            layers=config.num_hidden_layers,
            heads=config.num_attention_heads,
            query=query,
            key=key,
            mlp=config.intermediate_size,
            biases=biases,
            tied=bool(config.tie_word_embeddings),
        )

    @property
    def linears(self):
        """(inputs, outputs) of each linear layer inside one decoder layer: q, k, v, o, gate, up, down."""
        attention = [(self.hidden, self.query), (self.hidden, self.key), (self.hidden, self.key)]
        attention += [(self.query, self.hidden)]
        return attention + [(self.hidden, self.mlp), (self.hidden, self.mlp), (self.mlp, self.hidden)]

    @property
    def linear(self):
        """Parameters of the linear layers of one decoder layer, without biases."""
        return sum(inputs * outputs for inputs, outputs in self.linears)

    @property
    def embedding(self):
        """Parameters of the embedding; an untied output layer has as many again."""
        return self.vocabulary * self.hidden

    @property
    def parameters(self):
        """All parameters of the model."""
        layer = self.linear + self.biases + 2 * self.hidden
        return (1 if self.tied else 2) * self.embedding + self.layers * layer + self.hidden

    def adapters(self, rank):
        """Parameters that LoRA of this rank puts beside all linear layers of all decoder layers."""
        return self.layers * sum(rank * (inputs + outputs) for inputs, outputs in self.linears)


def shape_of(config):
    """The Shape that a name, a config or a Shape stands for. Raises CourseError."""
    if isinstance(config, Shape):
        return config
    if isinstance(config, str):
        from helpers import shapes

        config = shapes.config(config)
    return Shape.of(config)


def need(value, known, what):
    """Raise CourseError, naming the choices, unless `value` is one of `known`."""
    if not isinstance(value, str | int) or value not in known:
        raise CourseError(f"{what} is {value!r}. Choose one of {', '.join(map(str, known))}.")


def need_positive(name, value):
    """Raise CourseError unless `value` is a whole number of at least 1."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise CourseError(f"{name} is {value!r}. Give a whole number of at least 1.")

"""Lesson 02's helpers: parameters by part, span corruption, and the figures."""

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config

from helpers import objectives, parameters
from helpers.errors import CourseError
from helpers.plots import attention as figures

SMALL = {
    "vocab_size": 50, "hidden_size": 12, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
    "head_dim": 6, "intermediate_size": 17,
}  # fmt: skip


@pytest.mark.parametrize("tied", [True, False])
def test_the_parts_from_the_config_are_those_of_the_model(tied):
    config = LlamaConfig(**SMALL, tie_word_embeddings=tied)
    with torch.device("meta"):
        model = LlamaForCausalLM(config)
    counted = parameters.by_part(config)
    assert counted == parameters.in_model(model)
    assert sum(counted.values()) == model.num_parameters()
    assert counted["output layer"] == (0 if tied else 600)
    assert counted["norms"] == 7 * 12 and counted["keys"] == 3 * 12 * 2 * 6


def test_the_base_model_has_its_parameters():
    config = LlamaConfig(
        vocab_size=49152, hidden_size=576, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3,
        intermediate_size=1536, tie_word_embeddings=True,
    )  # fmt: skip
    assert sum(parameters.by_part(config).values()) == 134_515_008


@pytest.mark.parametrize(
    "config",
    [
        LlamaConfig(**SMALL, attention_bias=True),
        LlamaConfig(**SMALL, mlp_bias=True),
        LlamaConfig(**SMALL, rope_parameters={"rope_type": "linear", "factor": 2.0, "rope_theta": 1e4}),
        Qwen2Config(),
    ],
    ids=["attention bias", "MLP bias", "scaled RoPE", "Qwen2"],
)
def test_another_architecture_is_refused(config):
    with pytest.raises(CourseError, match="takes a Llama apart.*Unset COURSE_MODEL"):
        parameters.by_part(config)


def test_spans_move_from_the_inputs_to_the_labels():
    # Raffel et al. 2020, figure 2, with the sentinels' names of the released models
    text = "Thank you for inviting me to your party last week .".split()
    inputs, labels = objectives.span_corruption(text, [(2, 4), (8, 9)])
    assert " ".join(inputs) == "Thank you <extra_id_0> me to your party <extra_id_1> week ."
    assert " ".join(labels) == "<extra_id_0> for inviting <extra_id_1> last <extra_id_2>"
    assert len(text) == 11


def test_no_spans_leave_the_text_whole():
    assert objectives.span_corruption(["a", "b"], []) == (["a", "b"], ["<extra_id_0>"])


@pytest.mark.parametrize("spans", [[(1, 1)], [(2, 1)], [(0, 2), (1, 3)], [(2, 9)], [(-1, 1)]])
def test_spans_that_cannot_be_are_refused(spans):
    with pytest.raises(ValueError, match="Spans must be in order"):
        objectives.span_corruption(["a", "b", "c"], spans)


def test_tokens_show_their_spaces_and_what_the_font_lacks():
    assert figures.visible("\n    return") == "↵␣␣␣␣return"
    assert figures.visible("\t$x\xa0") == r"⇥\$x␣"
    assert figures.visible("日é") == "□é"


@pytest.fixture
def shown(monkeypatch):
    found = []
    monkeypatch.setattr(figures, "show", lambda figure, alt: found.append((figure, alt)))
    yield found
    import matplotlib.pyplot as plt

    plt.close("all")


def test_a_map_has_a_picture_for_each_head(shown):
    figures.all_heads(np.tile(np.tri(4) / 4, (6, 3, 1, 1)), "maps")
    axes = shown[0][0].axes[0]
    drawn = axes.images[0].get_array()
    assert shown[0][1] == "maps" and drawn.shape == (3 * 6, 6 * 6)
    assert drawn[1, 1] == 0.25 and drawn.mask[0].all()
    assert [label.get_text() for label in axes.get_xticklabels()] == list("012345")


def test_labels_of_neighbours_point_away_from_each_other(shown):
    figures.word_map({"pets": ["dog", "cat"], "food": ["tea"]}, np.array([[0.0, 0], [1, 0], [9, 9]]), "map")
    labels = {text.get_text(): text.get_ha() for text in shown[0][0].axes[0].texts}
    assert labels == {"dog": "right", "cat": "left", "tea": "left"}


def test_ranked_bars_show_their_numbers(shown):
    figures.ranked({"b": 0.5, "a": 0.25}, "share", "bars")
    axes = shown[0][0].axes[0]
    assert [bar.get_width() for bar in axes.patches] == [0.5, 0.25]
    assert [text.get_text() for text in axes.texts] == ["0.50", "0.25"]


def test_hidden_scores_are_left_blank(shown):
    figures.steps({"scores": np.array([[1.0, -np.inf], [0.25, 3.0]]), "shares": np.eye(2)}, ["a", "b"], "steps")
    numbers = [text.get_text() for text in shown[0][0].axes[0].texts]
    assert numbers == ["1.0", ".25", "3.0"]


def test_the_lens_names_every_word(shown):
    figures.lens(["a", "b"], [0, 1], [["x", " y"], ["\n", "z"]], [[0.1, 0.9], [0.5, 0.2]], "lens")
    texts = [text.get_text() for text in shown[0][0].axes[0].texts]
    assert texts == ["x", "␣y", "↵", "z"]


def test_bars_without_a_layer_start_at_the_whole_models_loss(shown):
    figures.without_layers({0: 3.0, 11: 2.0}, 1.5, "layers")
    axes = shown[0][0].axes[0]
    bars = axes.patches
    assert [(bar.get_y(), bar.get_height()) for bar in bars] == [(1.5, 1.5), (1.5, 0.5)]
    assert [bar.get_x() + bar.get_width() / 2 for bar in bars] == [0, 11] and axes.get_ylim()[0] == 0

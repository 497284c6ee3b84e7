"""The known shapes: each one's parameter count is the published one, and nothing is allocated to find out."""

import json
import time

import pytest

from helpers import shapes
from helpers.errors import CourseError

PARAMETERS = {
    "smollm2-135m": 134_515_008,
    "flan-t5-base": 247_577_856,
    "qwen2.5-coder-0.5b": 494_032_768,
    "llama-3.2-1b": 1_235_814_400,
    "qwen2.5-coder-1.5b": 1_543_714_304,
    "qwen2.5-coder-3b": 3_085_938_688,
    "llama-3.2-3b": 3_212_749_824,
    "qwen2.5-coder-7b": 7_615_616_512,
    "llama-3.1-8b": 8_030_261_248,
    "llama-65b": 65_285_660_672,
    "llama-3.1-70b": 70_553_706_496,
}


def test_the_names_are_listed_by_size():
    assert shapes.names() == list(PARAMETERS)


@pytest.mark.parametrize("name, parameters", PARAMETERS.items())
def test_a_shape_has_its_published_parameters_and_no_weights(name, parameters):
    model = shapes.skeleton(name)
    assert model.num_parameters() == shapes.published(name) == parameters
    assert {weight.device.type for weight in model.parameters()} == {"meta"}


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_file_says_where_its_figures_come_from(name):
    file = json.loads((shapes.FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert set(file) == {"source", "parameters", "config"} and len(file["source"]) > 20


def test_seventy_billion_take_less_than_a_second():
    shapes.skeleton("smollm2-135m")  # imports
    started = time.perf_counter()
    shapes.skeleton("llama-3.1-70b")
    assert time.perf_counter() - started < 5  # 0.3 on a quiet machine


def test_lora_on_flan_t5_has_the_classic_count():
    from peft import LoraConfig, get_peft_model

    lora = LoraConfig(r=32, lora_alpha=32, target_modules=["q", "v"], task_type="SEQ_2_SEQ_LM")
    model = get_peft_model(shapes.skeleton("flan-t5-base"), lora)
    assert model.get_nb_trainable_parameters() == (3_538_944, 251_116_800)
    assert {weight.device.type for weight in model.parameters()} == {"meta"}


def test_the_base_model_has_the_shape_of_its_file():
    from helpers import models

    file = json.loads((models.prepare() / "config.json").read_text(encoding="utf-8"))
    known = json.loads((shapes.FOLDER / "smollm2-135m.json").read_text(encoding="utf-8"))["config"]
    assert {field: file[field] for field in known} == known


@pytest.mark.parametrize("name", ["Llama-3.2-1B", "meta-llama/Llama-3.2-1B-Instruct", "LLAMA-3.2-1b"])
def test_a_name_may_look_as_on_the_hub(name):
    assert shapes.config(name).hidden_size == 2048


def test_a_configuration_or_a_model_stands_for_itself():
    config = shapes.config("smollm2-135m")
    assert shapes.config(config) is config
    model = shapes.skeleton(config)
    assert shapes.config(model) is model.config and model.num_parameters() == PARAMETERS["smollm2-135m"]


def test_a_changed_configuration_changes_nobody_elses():
    shapes.config("smollm2-135m").num_hidden_layers = 1
    assert shapes.config("smollm2-135m").num_hidden_layers == 30


@pytest.mark.parametrize("name", ["gpt-5", "", "llama", None, 7, ["llama-65b"]])
def test_an_unknown_name_gets_the_known_ones(name):
    with pytest.raises(CourseError, match="Choose one of smollm2-135m, flan-t5-base"):
        shapes.skeleton(name)


def test_a_model_that_writes_no_text_is_refused():
    from transformers import ViTConfig

    with pytest.raises(CourseError, match="writes text"):
        shapes.skeleton(ViTConfig())

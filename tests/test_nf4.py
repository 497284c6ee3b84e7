"""Lesson 09's own quantization is bitsandbytes', bit for bit: its functions are taken out of the notebook and compared.

What bitsandbytes does on a CPU; how it stores the scales of double quantization differs on a GPU (the lesson says so).
"""

import ast
import logging

import nbformat
import pytest
import torch

from helpers import assets, models
from helpers.course import ROOT

logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it reports an optional kernel that is not there
WANTED = {"int8_rows", "nf4_levels", "OUTERMOST", "levels", "borders", "nf4", "packed", "dynamic_map", "dynamic"}
WANTED |= {"dynamic_borders", "twice", "to_table", "nearest", "affine"}


@pytest.fixture(scope="module")
def lesson():
    """The lesson's names for quantization, without running anything else of it; the last definition of each counts."""
    notebook = nbformat.read(ROOT / "notebooks" / "09_qlora.ipynb", as_version=4)
    source = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    kept = [node for node in ast.parse(source).body if names_of(node) & WANTED or isinstance(node, ast.ImportFrom)]
    kept = [node for node in kept if not (isinstance(node, ast.ImportFrom) and node.module.startswith("helpers"))]
    scope = {"torch": torch}
    exec(compile(ast.Module(kept, type_ignores=[]), "lesson 09", "exec"), scope)
    assert WANTED <= set(scope)
    return scope


def names_of(node):
    if isinstance(node, ast.FunctionDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


@pytest.fixture(scope="module")
def functional():
    return pytest.importorskip("bitsandbytes", reason="needs bitsandbytes, which is not installed").functional


def tensors(kind):
    """name → fp32 matrix, of one kind."""
    if kind == "the encoder":
        from safetensors.torch import load_file

        found = load_file(assets.path("minilm", "model") / "model.safetensors")
        return {name: each for name, each in found.items() if name.startswith("encoder.") and each.ndim == 2}
    if kind == "the course's model":
        model = models.load_model(models.prepare())
        return {f"layer {n}": model.model.layers[n].mlp.down_proj.weight.detach().float().cpu() for n in (0, 17)}
    random = torch.Generator().manual_seed(0)
    normal = torch.randn(256, 1024, generator=random)
    awkward = torch.randn(4, 256, generator=random)
    awkward[0, :64] = 0.25  # all equal
    awkward[1, 0] = 1000.0  # an outlier
    awkward[2] *= 1e-20
    awkward[3, ::2] = 0.0
    return {
        "normal": normal,
        "uniform": torch.rand(128, 512, generator=random) - 0.5,
        "heavy tails": normal[:64] ** 3,
        "awkward": awkward,
        "from bf16": normal[64:128].bfloat16().float(),
    }


KINDS = pytest.mark.parametrize("kind", ["random", "the encoder", "the course's model"])


@KINDS
def test_int8_is_the_same(lesson, functional, kind):
    for name, tensor in tensors(kind).items():
        stored, absmax = lesson["int8_rows"](tensor)
        theirs, their_absmax, _ = functional.int8_vectorwise_quant(tensor)
        assert torch.equal(stored, theirs) and torch.equal(absmax, their_absmax), name
        restored = functional.int8_vectorwise_dequant(theirs, their_absmax)
        by_hand = stored * absmax[:, None] / 127
        assert (restored - by_hand).abs().max() <= 2e-7 * tensor.abs().max(), name  # x / 127 against x * (1 / 127)


def test_the_levels_are_the_same_to_fp32s_rounding(lesson, functional):
    by_hand, theirs = torch.tensor(lesson["nf4_levels"]()), functional.get_4bit_type("nf4", device="cpu")
    assert len(by_hand) == 16 and (by_hand - theirs).abs().max() < 2e-7
    assert by_hand[0] == -1 and by_hand[7] == 0 and by_hand[15] == 1


@KINDS
def test_nf4_is_the_same(lesson, functional, kind):
    for name, tensor in tensors(kind).items():
        stored, state = functional.quantize_4bit(tensor, quant_type="nf4")
        codes, absmax = lesson["nf4"](tensor)
        assert torch.equal(lesson["packed"](codes), stored.flatten()) and torch.equal(absmax, state.absmax), name
        restored = (lesson["levels"][codes] * absmax[:, None]).reshape(tensor.shape)
        assert torch.equal(restored, functional.dequantize_4bit(stored, state)), name


@KINDS
def test_double_quantization_is_the_same(lesson, functional, kind):
    for name, tensor in tensors(kind).items():
        _, state = functional.quantize_4bit(tensor, quant_type="nf4", compress_statistics=True)
        codes, largest, mean = lesson["twice"](lesson["nf4"](tensor)[1], rounded=lesson["to_table"])
        assert torch.equal(codes.to(torch.uint8), state.absmax), name
        assert torch.equal(largest, state.state2.absmax) and mean == state.offset, name
        scales = lesson["dynamic"][codes] * largest.repeat_interleave(256)[: len(codes)] + mean
        assert torch.equal(scales, functional.dequantize_blockwise(state.absmax, state.state2) + state.offset), name


def test_the_dynamic_map_is_the_same(lesson, functional):
    assert torch.equal(lesson["dynamic_map"](), functional.create_dynamic_map())


def test_without_the_table_a_few_scales_are_a_level_off(lesson, functional):
    differ = every = 0
    for tensor in tensors("the encoder").values():
        _, state = functional.quantize_4bit(tensor, quant_type="nf4", compress_statistics=True)
        codes, _, _ = lesson["twice"](lesson["nf4"](tensor)[1])
        gap = (codes - state.absmax.int()).abs()
        assert gap.max() <= 3  # near 0 the levels are closer than the entries of the table
        differ, every = differ + int((gap > 0).sum()), every + len(codes)
    assert 0 < differ < 0.01 * every


def test_formats_of_the_table_keep_what_lies_on_their_levels(lesson):
    even = torch.arange(-7, 8) / 7
    values = torch.tensor([[-7.0, 0.0, 1.0, 7.0] * 16])
    assert torch.allclose(lesson["nearest"](values, even), values)
    assert torch.equal(lesson["affine"](torch.arange(16.0).repeat(2, 4)), torch.arange(16.0).repeat(2, 4))

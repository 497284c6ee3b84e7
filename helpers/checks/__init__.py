"""The exercises' checks: how a check works (`framework`), and one module a lesson."""

from helpers.checks.code_data import mixing_schedule, similar_pairs
from helpers.checks.code_split import leak_proof_split
from helpers.checks.framework import CheckFailed, check, require, require_close
from helpers.checks.full_tuning import early_stopping, learning_rate, targets
from helpers.checks.lora import lora_linear, lora_parameters, merge
from helpers.checks.measuring import interval, pass_at_k, rouge_l
from helpers.checks.memory import largest_batch, training_gb, zero2_gb
from helpers.checks.ppo_detox import advantages, clipped_loss, token_rewards
from helpers.checks.prompting import break_even, fit, top_p_filter
from helpers.checks.qlora import choose, qlora_bytes, through_levels
from helpers.checks.reward_model import effect, pairs_of, preference_loss
from helpers.checks.start_here import held_share
from helpers.checks.synthetic_tests import bad_lines, boundary_mutants, code_of
from helpers.checks.tokenization import bpe_merge, fertility, loss_mask
from helpers.checks.transformer import attention, layer_parameters, span_corruption
from helpers.checks.writing_tests import best_of, fill_in, pick

__all__ = [
    "CheckFailed",
    "advantages",
    "attention",
    "bad_lines",
    "best_of",
    "boundary_mutants",
    "bpe_merge",
    "break_even",
    "check",
    "choose",
    "clipped_loss",
    "code_of",
    "early_stopping",
    "effect",
    "fill_in",
    "fertility",
    "fit",
    "held_share",
    "interval",
    "largest_batch",
    "layer_parameters",
    "leak_proof_split",
    "learning_rate",
    "lora_linear",
    "lora_parameters",
    "loss_mask",
    "merge",
    "mixing_schedule",
    "pairs_of",
    "pass_at_k",
    "pick",
    "preference_loss",
    "qlora_bytes",
    "require",
    "require_close",
    "rouge_l",
    "similar_pairs",
    "span_corruption",
    "targets",
    "through_levels",
    "token_rewards",
    "top_p_filter",
    "training_gb",
    "zero2_gb",
]

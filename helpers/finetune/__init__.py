"""Fine-tuning on conversations: full, LoRA and QLoRA through one function, on TRL's `SFTTrainer` and PEFT.

`finetune` does it all. Behind it: `methods` prepares the model, `rows` checks the data, `trainer` is TRL's with the
loss on answers only, `result` is what a run leaves behind.
"""

from helpers.finetune.inference import for_inference
from helpers.finetune.methods import LEARNING_RATES, METHODS, add_lora
from helpers.finetune.result import Result
from helpers.finetune.run import finetune

__all__ = ["LEARNING_RATES", "METHODS", "Result", "add_lora", "finetune", "for_inference"]

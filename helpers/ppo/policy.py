"""The policy: a language model with a trainable adapter and a value head; with the adapter off it is its own reference.

One copy of the weights serves three: the policy that writes, the reference that it may not leave too far behind, and
the value head, one linear layer on the policy's last hidden states.
"""

from dataclasses import dataclass

from helpers import course, finetune
from helpers.errors import CourseError


@dataclass
class Reading:
    """Prompts that the model has read, each as often as it will be answered (N rows).

    first: the token that replies come after, N × 1. mask: 1 for the prompt's real tokens. cache: keys and values.
    encoded: what an encoder made of the prompts; None in a model that has none.
    """

    first: object
    mask: object
    cache: object = None
    encoded: object = None


class Policy:
    """A causal or an encoder–decoder model, ready for PPO.

    model: the reference, frozen from here on; a LoRA adapter of this rank goes on all its linear layers. An adapter of
    its own must be merged first: the reference is the model with *all* adapters off. A new adapter changes nothing
    (B = 0), so the KL starts at 0. Dropout stays off, or the ratio would not start at 1.
    temperature: all logits are divided by it, in replies and in scores alike: the policy *is* the model at it.
    Raises CourseError for a model with adapters, a tokenizer without a padding token, and without an end token.
    """

    def __init__(self, model, tokenizer, rank=16, alpha=32, temperature=1.0):
        import torch
        from peft import LoraConfig

        if hasattr(model, "peft_config"):
            raise CourseError("This model has adapters. Merge them first: model = model.merge_and_unload().")
        if tokenizer.pad_token_id is None:
            raise CourseError(
                "The tokenizer has no padding token, and batches need one. Set tokenizer.pad_token = "
                "tokenizer.eos_token: replies are told from padding by their length, not by this token."
            )
        if not temperature > 0:
            raise CourseError(
                f"temperature is {temperature}. It must be above 0: PPO learns from what chance tries out."
            )
        self.seq2seq = bool(model.config.is_encoder_decoder)
        self.tokenizer, self.base, self.temperature = tokenizer, model, temperature
        self.ends = _ends(model, tokenizer)
        kind = "SEQ_2_SEQ_LM" if self.seq2seq else "CAUSAL_LM"
        config = LoraConfig(r=rank, lora_alpha=alpha, target_modules="all-linear", task_type=kind)
        with torch.random.fork_rng():
            torch.manual_seed(course.seed())
            self.model = finetune.add_lora(model, config=config).eval()
        self.device = model.device
        self.value_head = torch.nn.Linear(model.config.hidden_size, 1).to(self.device)
        torch.nn.init.zeros_(self.value_head.weight)  # at first it expects 0 of everything
        torch.nn.init.zeros_(self.value_head.bias)

    def parameters(self):
        """What is trained: name → parameter, the adapter's and the value head's."""
        found = {name: each for name, each in self.model.named_parameters() if each.requires_grad}
        return found | {f"value_head.{name}": each for name, each in self.value_head.named_parameters()}

    def reference(self):
        """A context in which the model is the reference: the adapter is off."""
        return self.model.disable_adapter()

    def encode(self, prompts, room=0):
        """(ids, mask), both P × L, of prompts: lists of messages, or texts. Padded where the model expects it.

        room: how many tokens a reply may have. Raises CourseError where a prompt is empty, or does not fit the window.
        """
        texts = [isinstance(prompt, str) for prompt in prompts]
        rows = [
            self.tokenizer(prompt)["input_ids"]
            if text
            else self.tokenizer.apply_chat_template(prompt, add_generation_prompt=True, return_dict=False)
            for prompt, text in zip(prompts, texts, strict=True)
        ]
        window = getattr(self.base.config, "max_position_embeddings", None)
        room = 0 if self.seq2seq else room  # a decoder's window is its own
        for number, row in enumerate(rows):
            if len(row) < 2:
                raise CourseError(f"Prompt {number} has fewer than two tokens. Leave empty prompts out.")
            if window and len(row) + room > window:
                raise CourseError(
                    f"Prompt {number} has {len(row)} tokens, and with a reply of up to {room} behind it, it does not "
                    f"fit the model's window of {window}. Shorten it (helpers.chat.shortened), or leave it out."
                )
        side = "right" if self.seq2seq else "left"  # a reply follows right behind a causal model's prompt
        batch = self.tokenizer.pad({"input_ids": rows}, padding_side=side, return_tensors="pt")
        return batch["input_ids"].to(self.device), batch["attention_mask"].to(self.device)

    def read(self, ids, mask, samples=1):
        """Read prompts (P × L) once, to be answered `samples` times each: a `Reading` of P · samples rows.

        The longest part of the work is done once for all replies to a prompt, with its gradient.
        """
        import torch

        with self._precision():
            if self.seq2seq:
                encoded = self.base.get_encoder()(input_ids=ids, attention_mask=mask).last_hidden_state
                start = torch.full((len(ids) * samples, 1), self.base.config.decoder_start_token_id, device=ids.device)
                return Reading(start, mask.repeat_interleave(samples, 0), None, encoded.repeat_interleave(samples, 0))
            places = (mask.cumsum(1) - 1).clamp(min=0)
            cache = self.base(
                input_ids=ids[:, :-1], attention_mask=mask[:, :-1], position_ids=places[:, :-1], use_cache=True,
                logits_to_keep=1,
            ).past_key_values  # fmt: skip
        if samples > 1:
            cache.batch_repeat_interleave(samples)
        first, mask = (each.repeat_interleave(samples, 0) for each in (ids[:, -1:], mask[:, :-1]))
        return Reading(first, mask, cache)

    def write(self, reading, tokens):
        """(logits, last hidden states) at each of `tokens` (N × T), which come next. `reading` grows by them."""
        import torch

        if self.seq2seq:
            inputs = {"decoder_input_ids": tokens, "encoder_outputs": (reading.encoded,)}
        else:
            places = reading.mask.sum(1, keepdim=True) + torch.arange(tokens.shape[1], device=tokens.device)
            reading.mask = torch.cat([reading.mask, torch.ones_like(tokens)], 1)
            inputs = {"input_ids": tokens, "position_ids": places}
        with self._precision():
            output = self.base(
                **inputs, attention_mask=reading.mask, past_key_values=reading.cache, use_cache=True,
                output_hidden_states=True,
            )  # fmt: skip
        reading.cache = output.past_key_values
        hidden = output.decoder_hidden_states if self.seq2seq else output.hidden_states
        return output.logits.float() / self.temperature, hidden[-1]

    def evaluate(self, ids, mask, replies, samples=1):
        """(logits, values) for each token of `replies` (N × T) to prompts (P × L): N × T × vocabulary, and N × T.

        The values' gradient stops at the value head. It is a small part with a rate of its own; let through, the error
        of its guesses, large at first, would move the weights that write. The head sees hidden states of length 1, so
        that one rate fits models of any width.
        """
        import torch

        reading = self.read(ids, mask, samples)
        logits, hidden = self.write(reading, torch.cat([reading.first, replies[:, :-1]], 1))
        return logits, self.value_head(torch.nn.functional.normalize(hidden.detach().float(), dim=-1)).squeeze(-1)

    def _precision(self):
        """bf16 products where the device has them. fp16 would need its loss scaled, so there fp32 is kept."""
        import torch

        return torch.autocast(course.device(), torch.bfloat16, enabled=course.dtype() is torch.bfloat16)

    def save(self, folder):
        """Write the adapter, in PEFT's form, and the value head into `folder`."""
        from safetensors.torch import save_file

        self.model.save_pretrained(folder)
        save_file(self.value_head.state_dict(), f"{folder}/value_head.safetensors")

    def load(self, folder):
        """Take on an adapter and a value head that `save` wrote; returns the policy."""
        from peft import load_peft_weights, set_peft_model_state_dict
        from safetensors.torch import load_file

        set_peft_model_state_dict(self.model, load_peft_weights(str(folder), device=str(self.device)))
        self.value_head.load_state_dict(load_file(f"{folder}/value_head.safetensors"))
        return self


def _ends(model, tokenizer):
    """The tokens that end a reply. Some models have several."""
    stated = getattr(model.generation_config, "eos_token_id", None) if hasattr(model, "generation_config") else None
    found = {*(stated if isinstance(stated, list) else [stated]), tokenizer.eos_token_id} - {None}
    if not found:
        raise CourseError("The model has no token that ends a reply. Set tokenizer.eos_token.")
    return sorted(found)

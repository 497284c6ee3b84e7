"""A short PPO run that test_ppo.py kills: python tests/resumable_ppo.py FOLDER RESULT

It says on stdout when each step begins. At the end it writes RESULT.json and, as RESULT.safetensors, what was trained.
"""

import sys

import tiny_policies
import torch
from safetensors.torch import save_file

from helpers import course, ppo
from helpers.ppo import run

STEPS, INTERVAL = 12, 3


def train(folder):
    policy = tiny_policies.causal()
    settings = dict(steps=STEPS, prompts=2, samples=4, longest=6, learning_rate=1e-2, save_every=INTERVAL)
    settings |= {"target_kl": 1.0, "decay": True}
    result = ppo.train(policy, tiny_policies.ROWS, tiny_policies.share_of_a, folder=folder, **settings)
    return result, {name: each.detach() for name, each in policy.parameters().items()}


def announced(collect):
    def collecting(policy, prompts, samples, longest, seed):
        steps.append(len(steps))
        print("step", flush=True)
        return collect(policy, prompts, samples, longest, seed)

    steps = []
    return collecting


if __name__ == "__main__":
    course.quiet()
    torch.set_num_threads(1)
    run.collect = announced(run.collect)
    result, trained = train(sys.argv[1])
    save_file(trained, f"{sys.argv[2]}.safetensors")
    result.save(f"{sys.argv[2]}.json")

# expect: rounds up
import math


def largest_batch(gpu_gib, fixed_gb, per_sequence_gb):
    return max(0, math.ceil((gpu_gib * 2**30 / 1e9 - fixed_gb) / per_sequence_gb))

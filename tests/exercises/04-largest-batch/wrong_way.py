# expect: the wrong way
def largest_batch(gpu_gib, fixed_gb, per_sequence_gb):
    return max(0, int((gpu_gib * 1e9 / 2**30 - fixed_gb) // per_sequence_gb))

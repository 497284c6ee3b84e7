# expect: you rounded to the nearest
def largest_batch(gpu_gib, fixed_gb, per_sequence_gb):
    return max(0, round((gpu_gib * 2**30 / 1e9 - fixed_gb) / per_sequence_gb))

# expect: 24 GiB are 25.8 GB
def largest_batch(gpu_gib, fixed_gb, per_sequence_gb):
    return max(0, int((gpu_gib - fixed_gb) // per_sequence_gb))

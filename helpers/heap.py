"""Keeps freed memory for the next tensor instead of handing it back to the system, where the C library allows it.

A training step frees and asks again for the same large blocks. glibc returns each to the system and fetches it anew,
and the system fills every page with zeros. tests/benchmarks/step_speed.py measures what that costs.
"""

import ctypes
import gc
import sys
from functools import cache

# From glibc's malloc.h: <https://man7.org/linux/man-pages/man3/mallopt.3.html>
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3


@cache
def keep():
    """Tell glibc to keep what this process frees. Returns whether it does: not on musl, macOS or Windows.

    It holds until the process ends, whose resident memory then stays at its peak.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    # 32 MB is the most that glibc takes as a threshold. Larger blocks come and go as before: keeping those too made
    # nothing faster, and left larger gaps between blocks.
    settings = {M_MMAP_THRESHOLD: 32 * 2**20, M_TRIM_THRESHOLD: 2**31 - 1, M_TOP_PAD: 64 * 2**20}
    return all(mallopt(name, value) == 1 for name, value in settings.items())


def release():
    """Hand back what is kept and not used: before work of another kind, which may not fit into the gaps.

    A finished trainer and its optimizer refer to each other, so they live on until Python looks for such circles.
    """
    gc.collect()
    if "torch" in sys.modules:
        sys.modules["torch"].cuda.empty_cache()  # does nothing where there is no GPU
    if keep():
        ctypes.CDLL(None).malloc_trim(0)

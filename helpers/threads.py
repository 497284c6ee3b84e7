"""Keeps CPU work fast on a shared machine, by choosing between all cores and one thread as it goes.

When another program takes a core, the threads of each operation wait for the one that lost its place: on a busy machine
two threads can be several times slower than one, which tests/benchmarks/threads.py shows. Set OMP_NUM_THREADS to fix
the number, for runs that repeat to the last bit.
"""

import os
import time

from helpers import course

PATIENCE = 16  # rounds between trials of the other number; doubled each time a trial loses


class Threads:
    """Call `tick(work)` after every round of like work, such as a training step: it times it and sets threads."""

    def __init__(self):
        fixed = course.device() != "cpu" or course.cores() == 1 or "OMP_NUM_THREADS" in os.environ
        self.counts = [] if fixed else [course.cores(), 1]
        self.costs = {}  # threads → seconds per unit of work
        self.patience = self.left = PATIENCE
        self.trial = False
        if self.counts:
            self.now = course.threads().value
            self._use(self.now)
        self.last = time.perf_counter()

    def _use(self, count):
        import torch

        self.now = count
        torch.set_num_threads(count)

    def tick(self, work):
        """Account for the round that ends now. work: its size in any unit, for instance tokens."""
        seconds, self.last = time.perf_counter() - self.last, time.perf_counter()
        if not self.counts or not work:
            return
        cost = seconds / work
        self.costs[self.now] = (self.costs.get(self.now, cost) + cost) / 2
        other = self.counts[1] if self.now == self.counts[0] else self.counts[0]
        # Never tried: assume what an idle machine shows, that all cores are up to twice as fast as one thread.
        self.costs.setdefault(other, cost * (2 if other == 1 else 1))
        if self.trial:
            lost = self.costs[self.now] > self.costs[other]
            self.patience = min(self.patience * 2, 128) if lost else PATIENCE
            self.trial, self.left = False, self.patience
        else:
            self.left -= 1
        best = min(self.costs, key=self.costs.get)
        if self.left <= 0:
            self.trial, self.left = True, self.patience
            best = other
            self.costs.pop(other)  # what it cost long ago says nothing about now
        if best != self.now:
            self._use(best)

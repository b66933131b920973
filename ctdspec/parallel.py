"""Work on several items at a time, with the results in order and a bound on how many wait."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def n_cores() -> int:
    """Give the cores that this process may use: the allowed ones, or OMP_NUM_THREADS if that is fewer.

    Schedulers of clusters set the variable to what a process was granted, and so do Dask's workers.
    """
    allowed = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    granted = os.environ.get("OMP_NUM_THREADS", "")
    return min(allowed, int(granted)) if granted.isdecimal() and int(granted) else allowed


def ordered_map(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int, ahead: int
) -> Iterator[Result]:
    """Yield ``function(item)`` for each item, in the order of the items.

    At most `ahead` results exist that have not been taken yet, so memory is bounded however long `items` is.
    Threads suffice: the work is in NumPy, which releases the interpreter while it computes.
    """
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Result]] = deque()
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

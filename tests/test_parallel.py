import threading

import pytest

from ctdspec.parallel import ordered_map


@pytest.mark.parametrize(("workers", "ahead"), [(1, 1), (2, 1), (2, 3), (4, 100)])
def test_results_come_in_order_whoever_is_faster(workers, ahead):
    gates = [threading.Event() for _ in range(20)]

    def work(i):
        if i % 2 == 0 and ahead > 1 and workers > 1 and i + 1 < 20:
            gates[i + 1].wait(5)  # even items wait for their successor
        gates[i].set()
        return i * i

    assert list(ordered_map(work, range(20), workers, ahead)) == [i * i for i in range(20)]


def test_at_most_ahead_items_are_taken_before_they_are_asked_for():
    taken = []

    def items():
        for i in range(50):
            taken.append(i)
            yield i

    results = ordered_map(lambda i: i, items(), workers=2, ahead=3)
    for i in range(10):
        assert next(results) == i
        assert len(taken) <= i + 3
    results.close()


def test_an_error_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(ordered_map(lambda i: 1 // i, [1, 0, 1], workers=2, ahead=2))

"""When a fit is checked, slows down and ends."""

import pytest

from ctdspec.methods._course import Course
from ctdspec.methods.fitting import Fitting

RECIPE = Fitting(
    batch_trials=8, learning_rate=0.1, warmup_steps=4, decay=0.5, plateau_checks=2, patience_checks=5,
    check_every_epochs=3, max_epochs=40, gradient_clip=1.0, weight_decay=0.0, device="cpu",
)  # fmt: skip


def after(scores, recipe=RECIPE):
    course = Course(recipe)
    for score in scores:
        course.epochs += recipe.check_every_epochs
        course.steps += 10
        course.losses += [1.0, 3.0]
        course.add_check(score)
    return course


def test_the_best_check_is_the_first_of_equals():
    course = after([0.1, 0.3, 0.2, 0.3])
    assert (course.best.epochs, course.best.loss, course.checks_since_best) == (6, 2.0, 2)


def test_the_learning_rate_rises_and_falls_on_plateaus():
    assert Course(RECIPE).learning_rate == pytest.approx(0.1 / 4)
    assert after([0.1, 0.2, 0.1]).learning_rate == 0.1
    assert after([0.1, 0.2, 0.1, 0.1]).learning_rate == 0.05
    assert after([0.1, 0.2, 0.1, 0.1, 0.3, 0.1, 0.1]).learning_rate == 0.025
    assert after([0.2, *[0.1] * 4], RECIPE.model_copy(update={"decay": 1.0})).learning_rate == 0.1


def test_a_fit_ends_by_patience_epochs_or_time():
    assert after([0.2, *[0.1] * 4]).why_ended is None
    assert after([0.2, *[0.1] * 5]).why_ended == "patience_checks"
    assert after([0.1 * number for number in range(14)]).why_ended == "max_epochs"
    short = after([0.1], RECIPE.model_copy(update={"max_minutes": 1.0}))
    short.seconds = 61.0
    assert short.why_ended == "max_minutes"
    # Only a check, which keeps what was learned, ends a fit by its time.
    short.losses.append(1.0)
    assert short.why_ended is None


def test_checks_are_due_at_intervals_and_at_the_end():
    course = Course(RECIPE)
    due = []
    for course.epochs in range(1, 41):
        if course.is_check_due:
            due.append(course.epochs)
    assert due == [*range(3, 40, 3), 40]

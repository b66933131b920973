"""Saying in a spec author's words what validation found wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from ctdspec.spec.component import kinds
from ctdspec.spec.located import Keys, Located
from ctdspec.spec.node import Node
from ctdspec.spec.placed import PlacedError, PlacedErrors
from ctdspec.spec.problem import MAX_PROBLEMS, Problem, SpecError, did_you_mean, problem, quoted
from ctdspec.spec.slot import Slot

__all__ = ["Problem", "SpecError", "explain", "unknown_name"]

_OUT_OF_RANGE = {
    *("greater_than", "greater_than_equal", "less_than", "less_than_equal"),
    *("too_short", "too_long", "string_too_short", "string_too_long"),
}


def explain(error: ValidationError, document: Located, model: type[Node]) -> list[Problem]:
    """Give the problems that a validation found, each with the place where it was written.

    What lies in broken values is left out: their problem has been reported already.
    """
    problems: dict[tuple[Keys, str], Problem] = {}
    for item in _one_by_one(error.errors(include_url=False, include_input=False)):
        keys, slot = Slot.of(model).follow(item["loc"])
        way = document.along(keys)
        # A rule for a whole mapping cannot be judged if a part of it could not be read.
        consequence = item["type"] == "value_error" and way[-1].holds_broken
        if not consequence and not any(node.broken for node in way):
            # The members of a union each complain about the same value; one of them is enough.
            key = (keys, "" if isinstance(slot.annotation, tuple) else _origin(item))
            if len(problems) > MAX_PROBLEMS:
                break
            if key not in problems:
                problems[key] = _explainer(item["type"])(item, keys, slot, document, model)
    return list(problems.values())


def unknown_name(what: str, found: str, allowed: Mapping[str, object]) -> PydanticCustomError:
    """Give the error that a validator raises for a name that is not among those allowed."""
    context = {"what": what, "found": found, "allowed": tuple(allowed)}
    return PydanticCustomError("unknown_name", "unknown {what} {found}", context)


def _one_by_one(items: Iterable[Any]) -> Iterator[Any]:
    """Take apart what validators say about several keys at once."""
    for item in items:
        raised = item.get("ctx", {}).get("error")
        for error in raised.errors if isinstance(raised, PlacedErrors) else [raised]:
            yield item if error is None else {**item, "ctx": {**item["ctx"], "error": error}}


def _origin(item: Any) -> str:
    """Give a text that tells a complaint from others about the same value."""
    raised = item.get("ctx", {}).get("error")
    below = f"{raised.keys} {raised}" if isinstance(raised, PlacedError) else ""
    return f"{item['loc']}{item['type']}{below}"


def _explainer(kind: str) -> Callable[[Any, Keys, Slot, Located, type[Node]], Problem]:
    return {
        "missing": _missing,
        "extra_forbidden": _unknown_key,
        "union_tag_invalid": _unknown_kind,
        "union_tag_not_found": _unknown_kind,
        "unknown_name": _unknown_name,
    }.get(kind, _unfit)


def _missing(item: Any, keys: Keys, slot: Slot, document: Located, model: type[Node]) -> Problem:
    return problem(document.along(keys)[-1].anchor, keys, "the key is missing", allowed=str(slot))


def _unknown_key(item: Any, keys: Keys, slot: Slot, document: Located, model: type[Node]) -> Problem:
    node = document.along(keys)[-1]
    allowed = Slot.of(model).follow(item["loc"][:-1])[1].fields
    hint = did_you_mean(str(keys[-1]), allowed)
    return problem(node.key or node.place, keys, "unknown key", quoted(node.value), ", ".join(allowed), hint)


def _unknown_kind(item: Any, keys: Keys, slot: Slot, document: Located, model: type[Node]) -> Problem:
    keys = (*keys, "kind")
    node = document.along(keys)[-1]
    names = kinds(slot.family or "")
    if item["type"] == "union_tag_not_found":
        return problem(node.anchor, keys, "the key is missing", allowed=", ".join(names))
    hint = did_you_mean(str(node.value), names)
    return problem(node.place, keys, "unknown kind", quoted(node.value), ", ".join(names), hint)


def _unknown_name(item: Any, keys: Keys, slot: Slot, document: Located, model: type[Node]) -> Problem:
    context = item["ctx"]
    hint = did_you_mean(context["found"], context["allowed"])
    place = document.along(keys)[-1].place
    return problem(
        place,
        keys,
        f"unknown {context['what']}",
        quoted(context["found"]),
        ", ".join(context["allowed"]),
        hint,
    )


def _unfit(item: Any, keys: Keys, slot: Slot, document: Located, model: type[Node]) -> Problem:
    """Explain a value that is there but will not do."""
    node = document.along(keys)[-1]
    kind: str = item["type"]
    if kind in ("value_error", "assertion_error"):
        error = item["ctx"]["error"]
        if isinstance(error, PlacedError):
            keys = (*keys, *error.keys)
            node = document.along(keys)[-1]
            if isinstance(error.__cause__, PydanticCustomError):
                return _unknown_name({"ctx": error.__cause__.context}, keys, slot, document, model)
        return problem(node.anchor, keys, str(error))
    found = quoted(node.value)
    if kind in _OUT_OF_RANGE:
        message = "out of range"
        found = f"{len(node.value)} items" if isinstance(node.value, list) else found
    elif kind == "finite_number":
        message = "not a finite number"
    elif kind == "string_pattern_mismatch":
        message = "not of the required form"
    elif kind in ("literal_error", "enum"):
        hint = did_you_mean(str(node.value), str(slot).split(", "))
        return problem(node.anchor, keys, "not one of the allowed values", found, str(slot), hint)
    elif kind.endswith("_type") or isinstance(slot.annotation, tuple):
        message = "wrong type"
    else:
        message = str(item["msg"])
    return problem(node.anchor, keys, message, found, str(slot))

"""What a scalar of a spec is: the core schema of YAML 1.2."""

from __future__ import annotations

import math
import re

from ctdspec.spec.located import Scalar

_NULL = re.compile(r"null|Null|NULL|~|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", re.ASCII
)
_MAX_DIGITS = 64
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def resolve_plain(text: str) -> Scalar:
    """Give the value of a scalar that stands without quotes (YAML 1.2.2, section 10.3.2).

    Raises
    ------
    ValueError
        If it is a number that 64 bits cannot hold, or text with characters that `ensure_text` refuses.
    """
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text[0] in "tT"
    if _INT.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text):
        return _float(text)
    return ensure_text(text)


def ensure_text(text: str) -> str:
    """Give the text back; ValueError if it holds control characters or half a surrogate pair."""
    if match := _FORBIDDEN.search(text):
        raise ValueError(f"character U+{ord(match.group()):04X} is not allowed in a text")
    return text


def _integer(text: str) -> int:
    base = {"0x": 16, "0o": 8}.get(text[:2], 10)
    if len(text) > _MAX_DIGITS or not -(2**63) <= (number := int(text, base)) < 2**64:
        raise ValueError("the integer is too large for 64 bits")
    return number


def _float(text: str) -> float:
    special = text[-1] in "fFnN"
    number = float(text.replace(".", "") if special else text)
    if math.isinf(number) and not special:
        raise ValueError("the number is too large for 64 bits")
    return number

"""Numbers as people read them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

DASH = "–"


def number(value: Any, unit: str = "") -> str:
    """Print a number with as many digits as it deserves: 4.37 years, 94.8%, 12,345."""
    if value is None or (isinstance(value, float | np.floating) and not math.isfinite(value)):
        return DASH
    value = float(value)
    if unit == "share":
        return f"{minus(100 * value, 1)}%"
    if unit == "points":
        return f"{minus(100 * value, 1)}"
    if unit == "years":
        return minus(value, 2)
    if value == int(value):
        return minus(value, 0)
    return minus(value, 3 if abs(value) < 10 else 1)


def minus(value: float, digits: int) -> str:
    """Print with thousands separators and a real minus sign, never as negative zero."""
    text = f"{value:,.{digits}f}"
    if text.startswith("-"):
        text = text[1:] if float(text.replace(",", "")) == 0 else f"−{text[1:]}"
    return text


def interval(low: float, high: float, unit: str = "") -> str:
    """Print an interval with its signs: ``−1.13 to 0.18``; '' if there is none."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f"{number(low, unit)} to {number(high, unit)}"


def spanned(value: Any, low: float, high: float, unit: str = "", word: str = "") -> str:
    """Print a number with its interval: ``4.99 years [4.53 to 5.50]``."""
    span = interval(low, high, unit)
    return f"{number(value, unit)}{f' {word}' * bool(word)}{f' [{span}]' * bool(span)}"


def small(value: Any, digits: int = 2) -> str:
    """Print a number that cannot be zero: ``< 0.01`` where it would round to nothing."""
    if value is None or not math.isfinite(float(value)):
        return DASH
    least = 10**-digits
    return f"< {least:.{digits}f}" if abs(float(value)) < least else minus(float(value), digits + 1)


def listed(names: Sequence[str], most: int = 99) -> str:
    """Join names as people do: *a, b and c*; beyond ``most`` the rest is counted."""
    names = list(names)
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def p_value(p: float) -> str:
    """Print a p value: ``< 0.001``, ``0.012``."""
    if not math.isfinite(p):
        return DASH
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def p_is(p: float) -> str:
    """Print a p value behind its letter: ``= 0.012``, ``< 0.001``."""
    text = p_value(p)
    return text if text.startswith("<") else f"= {text}"


def duration(seconds: float) -> str:
    """Print seconds as people say them."""
    if not math.isfinite(seconds):
        return DASH
    if seconds < 1e-3:
        return f"{1e6 * seconds:.3g} µs"
    if seconds < 1:
        return f"{1000 * seconds:.3g} ms"
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def size(count: float, unit: str = "B") -> str:
    """Print a large number with k, M or G."""
    if not math.isfinite(count):
        return DASH
    for prefix in ("", "k", "M", "G"):
        if abs(count) < 1000 or prefix == "G":
            return f"{count:.3g} {prefix}{unit}".strip()
        count /= 1000
    raise AssertionError


def finite(value: Any) -> float | None:
    """Return a float, or None for NaN and infinities (JSON has neither)."""
    return float(value) if value is not None and math.isfinite(value) else None

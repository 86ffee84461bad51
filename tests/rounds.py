"""What the rounds of the tests ask at each of their stops."""

from __future__ import annotations

ASKED = [
    {"question": "Clean?", "kind": "pass_fail"},
    {"question": "Pressure", "kind": "number", "low": "0.2", "high": "0.6", "unit": "MPa"},
]

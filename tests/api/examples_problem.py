"""What the page of problems is rendered with."""

from __future__ import annotations

from api.pages import ProblemPage

EXAMPLES = {
    "problem.html": [
        ProblemPage(404, "not-found", "There is no such ticket.", ""),
        ProblemPage(409, "conflict", "It moved on.", "/work"),
        ProblemPage(422, "invalid", "It is wrong.", ""),
    ]
}

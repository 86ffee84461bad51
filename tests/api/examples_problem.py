"""What the page of problems is rendered with."""

from __future__ import annotations

from api.pages import ProblemPage

EXAMPLES = {"problem.html": [ProblemPage(404, "not-found", "There is no such ticket.")]}

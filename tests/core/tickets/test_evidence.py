"""What a sign-off needs, by a site's policy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.tickets.evidence import Evidence, missing

NOTHING = Evidence("fault", "water", False, frozenset(), frozenset(), "", 0, frozenset())  # noqa: FBT003 - has_asset
LIFT = replace(NOTHING, category="lift", has_asset=True)
ROUND = replace(NOTHING, kind="inspection", unanswered=2)


@pytest.mark.parametrize(
    ("evidence", "policy", "lacking"),
    [
        (NOTHING, {}, ["after_photo", "technician_signature"]),
        (LIFT, {}, ["after_photo", "technician_signature", "code_scan"]),
        (replace(LIFT, scan_proof="photo"), {}, ["after_photo", "technician_signature"]),
        (replace(LIFT, waived=frozenset({"code_scan", "after_photo"})), {}, ["technician_signature"]),
        (replace(NOTHING, photo_kinds=frozenset({"before"})), {}, ["after_photo", "technician_signature"]),
        (replace(NOTHING, photo_kinds=frozenset({"after"}), signed_by=frozenset({"technician"})), {}, []),
        (replace(NOTHING, kind="task"), {}, []),
        (ROUND, {}, ["checklist"]),
        (replace(ROUND, unanswered=0), {}, []),
        (NOTHING, {"fault": ["resident_signature"]}, ["resident_signature"]),
        (NOTHING, {"fault": []}, []),
        (LIFT, {"fault": ["before_photo"], "fault/lift": []}, []),
        (NOTHING, {"fault": ["before_photo"], "fault/lift": []}, ["before_photo"]),
    ],
    ids=[
        "a fault in a home", "a fault of an asset", "the code is torn off", "waived", "the photo is of before",
        "all there", "a task", "an inspection", "every question answered", "a policy", "a policy that asks for nothing",
        "a category's policy", "another category's policy",
    ],
)  # fmt: skip
def test_what_is_missing(evidence: Evidence, policy: dict[str, Any], lacking: list[str]) -> None:
    assert missing(evidence, policy) == lacking

"""What stands behind a code."""

from __future__ import annotations

from pydantic import Field

from api.schemas import Shown, example
from api.schemas.tickets import PlaceRef


class Behind(Shown):
    """What anybody may know who stands before a label. `asset` is empty for a place."""

    model_config = example(
        code="7KQ4M2XP95", printed="7KQ4-M2XP-95", site="Garden Court", asset="Lift 1", category="lift",
        place={"id": "019a0000-0000-7000-8000-000000000010", "path": "A/1/Hall"}, links={"page": "/q/7KQ4M2XP95"},
    )  # fmt: skip

    code: str = Field(description="For `code` of a report.")
    printed: str
    site: str
    asset: str
    category: str
    place: PlaceRef
    links: dict[str, str]

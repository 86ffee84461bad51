"""What goes in and out as JSON: one file a noun. What comes in names every field; anything else is refused."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

LONGEST_WORDS = 4000
LONGEST_NAME = 200


def _storable(text: str) -> str:
    """PostgreSQL cannot keep the character NUL."""
    if "\x00" in text:
        raise ValueError("the character NUL cannot be kept")
    return text


Words = Annotated[str, Field(max_length=LONGEST_WORDS), AfterValidator(_storable)]
Name = Annotated[str, Field(max_length=LONGEST_NAME), AfterValidator(_storable)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Moment = AwareDatetime


def example(**fields: Any) -> ConfigDict:
    """The example of a schema that is shown; of one that comes in, see `Given`."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


def given(**fields: Any) -> ConfigDict:
    """The example of a schema that comes in, with every other field refused."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [fields]})


class Shown(BaseModel):
    """Something that is answered."""


class Given(BaseModel):
    """Something that comes in."""

    model_config = ConfigDict(extra="forbid")


class Paged(Given):
    """Which page of a list."""

    after: Name = Field(default="", description="`next` of the page before.")
    limit: int = Field(default=50, ge=1, le=200)

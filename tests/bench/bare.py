"""The yardstick: a FastAPI handler that validates a body and inserts three rows with SQLAlchemy Core, and no more."""

from __future__ import annotations

import os
from typing import Any
from uuid import uuid4

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import JSON, Column, MetaData, String, Table, Uuid, insert

from core.database import open_database

metadata = MetaData()
ticket = Table(
    "bare_ticket", metadata, Column("id", Uuid, primary_key=True), Column("text", String), Column("who", String)
)
event = Table(
    "bare_event", metadata, Column("id", Uuid, primary_key=True), Column("ticket", Uuid), Column("facts", JSON)
)
outbox = Table(
    "bare_outbox", metadata, Column("id", Uuid, primary_key=True), Column("ticket", Uuid), Column("facts", JSON)
)

database = open_database(os.environ["BARE_DATABASE_URL"])
metadata.create_all(database.engine)
app = FastAPI()


class Report(BaseModel):
    text: str
    who: str


@app.post("/reports", status_code=201)
def report(given: Report) -> dict[str, Any]:
    """Three rows in one durable transaction."""
    number = uuid4()
    with database.engine.begin() as connection:
        connection.execute(insert(ticket), {"id": number, "text": given.text, "who": given.who})
        connection.execute(insert(event), {"id": uuid4(), "ticket": number, "facts": {"action": "report"}})
        connection.execute(insert(outbox), {"id": uuid4(), "ticket": number, "facts": {"kind": "taken"}})
    return {"id": str(number)}

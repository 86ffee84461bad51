"""A round in chat is called one, with how far it is; a code at one of its stops leads to it."""

from __future__ import annotations

from assets import register
from assets.plans import making, planning
from assets.plans.planning import Draft
from assets.plans.recurrence import Rhythm
from core.tickets import additions
from tests.bot.flows.chat import Chat, Stage

ASKED = [{"question": "Clean?"}]


def walk(stage: Stage, chat: Chat) -> tuple[str, str]:
    """A round through the hall and a pump that a technician is offered; its number, and the code on the pump."""
    now = stage.tick()
    with stage.db.write_scope() as session:
        pump = register.add_asset(session, stage.cast.site, stage.cast.hall, "Pump", now=now)
        stops = [{"place": str(stage.cast.hall)}, {"asset": str(pump.id)}]
        rhythm = Rhythm("FREQ=DAILY", now.date())
        draft = Draft("Evening round", "general", "route", rhythm, ASKED, stops=stops)
        plan = planning.add(session, stage.cast.site, draft, stage.cast.admin, now)
        making.make(session, plan.id, now)
        [(_, ticket)] = planning.occurrences_of(session, stage.cast.site, now.date(), now.date())
        number, code = ticket.number, pump.code
    stage.act(number, "transfer" if stage.ticket(number).assignee_id else "assign", stage.cast.supervisor,
              assignee=chat.person)  # fmt: skip
    return number, code


def test_a_round_is_named_in_the_offer_and_the_list(stage: Stage, wang: Chat) -> None:
    number, _ = walk(stage, wang)
    assert "Inspection “Evening round” · Round of 2 stops\n" in wang.last("offer").text
    with stage.db.write_scope() as session:
        ticket = stage.ticket(number)
        additions.answer_item(session, session.merge(ticket), 1, "pass", wang.person, stage.now)
    found = wang.command("work")
    assert f"{number} Inspection “Evening round”, 2 stops, 1 done: " in found.text
    job = wang.press(found, "work.show", ticket=str(stage.ticket(number).id))
    assert "Round of 2 stops, 1 done" in job.text


def test_a_code_at_a_stop_leads_to_its_round(stage: Stage, wang: Chat) -> None:
    number, code = walk(stage, wang)
    found = wang.send(kind="scan", text=code)
    assert number in found.text
    assert len(found.links) == 1

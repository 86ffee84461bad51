"""Report a fault: from nothing to a ticket in at most four messages, photos and cancelling at any moment.

It needs a thing and words. The thing comes from a scanned code, the person's home or a chosen place; then the
words decide: an emergency opens at once, a clear report opens with a button to correct it, an unclear one is
asked about with one tap, and one that somebody made before offers "me too".
"""

from __future__ import annotations

from uuid import UUID

from bot.flows import _categories, _other, _outcome, _tap, _where, flow
from bot.flows._draft import Draft
from bot.talk import OldButton, Talk
from core import alarms, fetches, intake, lexicon, places
from core.outbox import Choice, Tap
from core.tickets import actions, additions, dispatching, queries
from core.tickets.models import Subject, Ticket

report = flow("report")

PATIENCE = _outcome.PATIENCE


@report.command("report")
def begin(talk: Talk) -> None:
    """A report from nothing, or from a message that already says it. An emoji alone says nothing that is broken."""
    if not talk.draft and _is_wordless(talk):
        talk.say("wordless", [Choice("help.report"), Choice("help.mine")])
        return
    draft = Draft(talk)
    if talk.incoming.kind != "command" and not _is_bare_command(talk):
        draft.add()
    _go_on(talk, draft)


@report.scanned("resident")
def scanned(talk: Talk) -> None:
    """A code answers where; what was said before stays."""
    draft = Draft(talk)
    draft.at_code(talk.text)
    _go_on(talk, draft)


@report.step("words")
@report.step("category")
@report.step("twin")
@report.step("other")
def more(talk: Talk) -> None:
    """More words or photos while something is asked: they belong to the report, and the question stays."""
    draft, step = Draft(talk), talk.standing.step
    if step != "words" and _tap.is_stray_number(talk):
        return
    draft.add()
    if step == "words" or (talk.text and step != "other"):
        _go_on(talk, draft)
    else:
        draft.wait(step)
        talk.wake_in(PATIENCE)


@report.step("linked")
def linked(talk: Talk) -> None:
    """The chat has become somebody's own in between: their home may be the place."""
    _go_on(talk, Draft(talk))


@report.step("place")
def where(talk: Talk) -> None:
    """Words that say where. What nobody can place is kept with the report and opens for the whole site.

    A home that is not the person's own is like one that does not exist: the report is for its building or floor, with
    what was written.
    """
    draft = Draft(talk)
    if talk.incoming.media or talk.incoming.location:
        draft.add()
        draft.wait("place")
        return
    found = _where.find(talk, talk.text, 2)
    named = [] if found else _where.named(talk, talk.text)
    if len(found) == 1:
        draft.at_place(found[0].id)
    elif len(named) == 1:
        draft.add_where()
        draft.at(_where.facts_of(named[0]))
    elif named:
        _offer(talk, draft, named)
        return
    elif not found and (above := _above(talk, draft)):
        draft.add_where()
        draft.at_place(above)
    elif not found:
        _ask_again(talk, draft)
        return
    _go_on(talk, draft, where=talk.text)


def _above(talk: Talk, draft: Draft) -> UUID | None:
    """What is known above a place that is not: its building or floor, at last the whole site."""
    if place := _where.above(talk, talk.text):
        return place.id
    site = _where.whole_site(talk) if draft.data.get("asked_twice") else None
    return site.place_id if site else None


def _ask_again(talk: Talk, draft: Draft) -> None:
    """First for another name, then at least for the site, where there are several."""
    choices = _where.site_choices(talk, draft.data["id"]) if draft.data.get("asked_twice") else []
    if choices:
        draft.add_where()
    draft.data["asked_twice"] = True
    draft.wait("place")
    talk.say("where_of" if choices else "where_again", choices)


@report.action("place")
def chosen(talk: Talk, tap: Tap) -> None:
    draft = _draft_of(talk, tap)
    draft.at(tap.facts)
    _go_on(talk, draft)


@report.action("category")
def categorised(talk: Talk, tap: Tap) -> None:
    """The person says what it is about."""
    draft = _draft_of(talk, tap)
    draft.data["category"] = tap.facts["category"]
    _go_on(talk, draft)


@report.action("all_categories")
def all_categories(talk: Talk, tap: Tap) -> None:
    """Every category of the site, page by page, the likely ones in front."""
    draft = _draft_of(talk, tap)
    subject = draft.subject()
    assert subject is not None
    keys = _categories.by_likelihood(talk, subject.site_id, tap.facts.get("first", []))
    talk.replace("which", _categories.choices(keys, tap.facts), site=subject.site_id)


@report.action("own")
def not_the_same(talk: Talk, tap: Tap) -> None:
    """It is not what is already being handled."""
    draft = _draft_of(talk, tap)
    draft.data["own"] = True
    _go_on(talk, draft)


@report.action("me_too")
def me_too(talk: Talk, tap: Tap) -> None:
    """Join the open ticket: from now on this person is told what the first one is."""
    draft = _draft_of(talk, tap)
    assert tap.ticket_id is not None
    ticket = queries.by_id(talk.session, tap.ticket_id, lock=True)
    if not ticket.is_open:
        draft.data["own"] = True
        _go_on(talk, draft)
        return
    additions.join(talk.session, ticket, talk.person_id, draft.told, talk.now)
    talk.adopt_draft(ticket)
    _tap.stay_with(talk, ticket)
    talk.replace("joined", [Choice("track.show")], ticket)


@report.action("correct")
def correct(talk: Talk, tap: Tap) -> None:
    """The guess was wrong: offer the other categories for the open ticket."""
    ticket = _mine(talk, tap)
    keys = [
        key
        for key in _categories.by_likelihood(talk, ticket.site_id, tap.facts.get("first", []))
        if key != ticket.category
    ]
    show = talk.replace if "page" in tap.facts else talk.say
    show("which", _categories.choices(keys, tap.facts, "report.recategorise", "report.correct"), ticket)


@report.action("recategorise")
def recategorise(talk: Talk, tap: Tap) -> None:
    """Correct the category of the open ticket; it is given out anew, or joins what is open on the same thing."""
    ticket, category = _mine(talk, tap), tap.facts["category"]
    # Asked before the change: afterwards the oldest ticket of that category may be this one.
    twin = queries.open_twin(talk.session, _subject_of(talk, ticket), category, talk.person_id)
    actions.act(talk.session, ticket, "recategorise", talk.viewer, talk.now, facts={"category": category})
    _give_out_anew(talk, ticket)
    if twin is not None and twin.id != ticket.id and ticket.state in ("reported", "assigned"):
        same = [Choice("report.merge", {"into": str(twin.id)}), Choice("report.apart", label="report.own")]
        talk.replace("twin_after", same, ticket)
    else:
        talk.replace("recategorised", [Choice("track.show")], ticket)


def _give_out_anew(talk: Talk, ticket: Ticket) -> None:
    """At once, also where a twin is asked about: a question that nobody answers must not hold the work up."""
    if ticket.state == "assigned":
        actions.act(talk.session, ticket, "release", "dispatch", talk.now, facts={"reason": "recategorised"})
    if ticket.state == "reported":
        dispatching.dispatch(talk.session, ticket, talk.now)


@report.action("apart")
def apart(talk: Talk, tap: Tap) -> None:
    """The corrected report is not the same as the open one: it stays as it is."""
    assert tap.ticket_id is not None
    talk.replace("recategorised", [Choice("track.show")], queries.by_id(talk.session, tap.ticket_id))


@report.action("merge")
def merge(talk: Talk, tap: Tap) -> None:
    """The corrected report is the same as an open one: it joins it."""
    ticket = _mine(talk, tap)
    twin = queries.by_id(talk.session, UUID(tap.facts["into"]), lock=True)
    actions.act(talk.session, ticket, "merge", "join", talk.now, facts={"into": twin.id})
    _tap.stay_with(talk, twin)
    talk.replace("joined", [Choice("track.show")], twin)


@report.step("open")
def add_to_open(talk: Talk) -> None:
    """After opening, photos and words still belong to the ticket; an emergency is a report of its own.

    What is clearly another fault is asked about, and kept until that is answered.
    """
    ticket = queries.by_id(talk.session, UUID(talk.data["ticket"]), lock=True)
    if not ticket.is_open or (_tap.is_emergency(talk) and not talk.incoming.media):
        talk.end()
        begin(talk)
    elif _other.is_meant(talk, ticket):
        _ask_whether_other(talk, ticket)
    else:
        _other.add(talk, ticket)


def _ask_whether_other(talk: Talk, ticket: Ticket) -> None:
    draft = Draft(talk)
    draft.add()
    draft.data["ticket"] = str(ticket.id)
    draft.wait("other")
    talk.wake_in(PATIENCE)
    facts = {"draft": draft.data["id"]}
    belongs = Choice("report.belongs", facts, label="report.belongs", text=ticket.number, row=0)
    talk.say("other_fault", [belongs, Choice("report.another", facts, row=1)], ticket)


@report.action("belongs")
def belongs(talk: Talk, tap: Tap) -> None:
    """It belongs to the open ticket after all."""
    draft = _draft_of(talk, tap)
    ticket = _tap.ticket_of(talk, tap)
    talk.adopt_draft(ticket)
    if draft.words:
        additions.add_words(talk.session, ticket, talk.person_id, draft.words, talk.now)
    _tap.stay_with(talk, ticket)
    talk.replace("added", ticket=ticket)


@report.action("another")
def another(talk: Talk, tap: Tap) -> None:
    """It is another fault: a report of its own."""
    _go_on(talk, _draft_of(talk, tap))


@report.command("cancel")
def cancel(talk: Talk) -> None:
    """Forget a report that is not sent yet; an open ticket is withdrawn with its own button."""
    is_about_one = talk.standing.flow == "report" and talk.standing.step == "open"
    ticket = queries.by_id(talk.session, UUID(talk.data["ticket"])) if is_about_one else None
    if ticket is not None and ticket.is_open:
        talk.say("cancel_open", [Choice("track.withdraw")], ticket)
    else:
        talk.say(_cancelled(talk, ticket))
        fetches.forget_draft(talk.session, talk.standing.id)
    talk.forget()


def _cancelled(talk: Talk, ticket: Ticket | None) -> str:
    """What is true of a cancelling: a report is gone, a question is, or there was nothing."""
    if talk.draft:
        return "cancelled_draft"
    return "cancelled_step" if talk.standing.flow and ticket is None else "nothing_to_cancel"


@report.on_silence
def silent(talk: Talk) -> None:
    """Nobody answered a question: what can be opened is opened, so that no report is lost."""
    if talk.standing.step == "open":
        talk.end()
        return
    draft = Draft(talk)
    subject = draft.guessed() if draft.named else draft.subject()
    if not draft.is_told:
        talk.end()
        return
    if subject is None:
        draft.wait("place")
        return
    draft.data["own"] = True
    _report(talk, draft, subject, may_ask=False)


def _go_on(talk: Talk, draft: Draft, where: str = "") -> None:
    """Ask for what is missing; with a thing and words, report."""
    subject = draft.subject()
    if subject is None and lexicon.guess(draft.words, lexicon.load()).emergency:
        subject = draft.guessed()
    if subject is None and draft.named:
        _offer(talk, draft, draft.named)
    elif subject is None:
        _ask_where(talk, draft, where)
    elif not draft.is_told:
        draft.wait("words")
        talk.say("what", thing=subject.name or subject.place)
    elif draft.has_media and not draft.words:
        _ask_words(talk, draft)
    else:
        _report(talk, draft, subject)


def _report(talk: Talk, draft: Draft, subject: Subject, *, may_ask: bool = True) -> None:
    """Report what was said; one alarm too many of a chat is answered with the number to call alone."""
    told, chat = draft.report(subject, may_ask=may_ask), f"{talk.incoming.channel}:{talk.incoming.conversation}"
    alarm = alarms.folded(talk.session, told, [chat], talk.now)
    if alarm is None:
        _outcome.tell(talk, draft, subject, intake.report_fault(talk.session, told, talk.now))
        return
    fetches.forget_draft(talk.session, talk.standing.id)
    phone = places.site_of(talk.session, subject.site_id).phone
    talk.say("alarm_standing", site=subject.site_id, phone=phone, advice=alarm.emergency)
    talk.end()


def _ask_where(talk: Talk, draft: Draft, words: str) -> None:
    choices = _where.place_choices(talk, words, draft.data["id"]) if words else []
    choices = choices or _where.home_choices(talk, draft.data["id"])
    draft.wait("place")
    talk.say("where_of" if choices else "where" if draft.is_told else "hello", choices)


def _offer(talk: Talk, draft: Draft, named: list[Subject]) -> None:
    """The words may mean several things: a button for each. Nobody need answer, then it opens for what holds all."""
    draft.wait("place")
    talk.wake_in(PATIENCE)
    talk.say("where_of", _where.named_choices(talk, named, draft.data["id"]))


def _ask_words(talk: Talk, draft: Draft) -> None:
    """A photo without words: ask once, however many photos come."""
    if not draft.data.get("asked_words"):
        talk.say("say_more")
    draft.data["asked_words"] = True
    draft.wait("words")
    talk.wake_in(PATIENCE)


def _draft_of(talk: Talk, tap: Tap) -> Draft:
    """The draft that a button belongs to; a button of a draft that is gone does nothing."""
    draft = Draft(talk)
    if draft.data["id"] != tap.facts.get("draft"):
        raise OldButton
    return draft


def _mine(talk: Talk, tap: Tap) -> Ticket:
    """The ticket of a button, unchanged since it was shown."""
    assert tap.ticket_id is not None
    ticket = queries.by_id(talk.session, tap.ticket_id, lock=True)
    if tap.version != ticket.version:
        raise actions.StaleTicket(number=ticket.number, state=f"state.{ticket.state}")
    return ticket


def _subject_of(talk: Talk, ticket: Ticket) -> Subject:
    return queries.subject_of(ticket, is_common=places.is_common(talk.session, ticket.place_id))


def _is_wordless(talk: Talk) -> bool:
    incoming = talk.incoming
    is_text = incoming.kind == "text" and talk.text and not incoming.media and not incoming.location
    return bool(is_text) and not any(one.isalnum() for one in talk.text)


def _is_bare_command(talk: Talk) -> bool:
    """Whether the message is just the word that starts a report."""
    return talk.incoming.kind == "text" and talk.is_command_word("report")

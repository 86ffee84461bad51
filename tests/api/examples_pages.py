"""What the pages of residents and technicians are rendered with: one context for each shape that a page can take."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from api.pages._checklist import Question
from api.pages._outcomes import Fault, Outcome
from api.pages._report import Entered
from api.pages._rounds import Elsewhere, Place, Round
from api.pages._steps import Step
from api.pages._tickets import Head, Photo, Until
from api.pages._timeline import Line
from api.pages.actions import AskPage, Slot
from api.pages.codes import CodePage, EmergencyPage, OpenTicket, QuestionPage, ReportPage, ThingPage
from api.pages.links import LinkPage
from api.pages.platform_sign_in import SignInBackPage
from api.pages.privacy import TOPICS, PrivacyPage
from api.pages.rounds import RoundPage, StopPage
from api.pages.sign_in import SignInLinkPage, SignInPage
from api.pages.sign_off import Need, SignOffPage
from api.pages.tickets import Appointment, JobPage, ProgressPage, Said, Stage, Survey
from api.pages.work import Job, ScanPage, WorkPage
from core.surveys import REASONS

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
ZONE = "Asia/Shanghai"
UNTIL = Until("20 min", AT.isoformat(), "soon")
HEAD = Head("WX-261120-001", "x1", "A / 1", "assigned", "fire", "x1", UNTIL, 3, ZONE)
QUIET = replace(HEAD, emergency="", until=None, who="", state="done")
PHOTO = Photo("/a", "/b", "x1")
LINE = Line("report", "chat", "x1", "x1", "", AT, "reported", "x1", [PHOTO], ["/voice"])
CHIPS = [{"value": "lift", "text": "x1", "icon": "lift"}]
ENTERED = Entered("x1", "lift", "x1", "1", ("photo",))
POST = Step("accept", "accept", is_primary=True, action="/do", fields={"version": "1"})
LINK = Step("decline", "decline", is_primary=False, href="/ask")
MORE = Step("hold", "hold", is_primary=False, href="/hold")
ASKED = Appointment(AT, AT, is_agreed=False, agree="/agree")
AGREED = Appointment(AT, AT, is_agreed=True, agree="")
WRONG = Said(error="x1", text="x1")
NO_SURVEY = Survey(can_rate=False, stars=0, ask_reason=False, reasons=REASONS)

JOB = JobPage(
    head=HEAD, steps=[POST, LINK, MORE], key="k", lines=[LINE], words="x1",
    photos={"report": [PHOTO], "before": [PHOTO], "after": []}, appointment=ASKED,
    questions=[
        Question(1, "x1", "pass_fail", "pass"), Question(2, "x1", "number", "3", "x1"),
        Question(3, "x1", "choice", "x1", "x1", ("x1", "x2")),
        Question(4, "x1", "photo", "photo", photos=[PHOTO]),
    ],
    round=None,
    parts_used=[("x1", "2")],
    hold_reason="", contact="x1", deadlines=[("x1", "x1")], can_add=True, can_work=True, has_resident=True,
    home="/work", said=Said(), draft_done="",
)  # fmt: skip
PROGRESS = ProgressPage(
    head=HEAD, steps=[POST, LINK], key="k", lines=[LINE], next="x1", mended="x1", appointment=ASKED,
    before=PHOTO, after=PHOTO,
    stages=[Stage("reported", "past", AT), Stage("accepted", "now", AT), Stage("in_progress", "next", None)],
    merged_into="", advice="fire", phone="1 2", survey=NO_SURVEY, said=Said(), draft_done="",
)  # fmt: skip
MET = Need("after_photo", is_met=True, href="", by="")
SIGN_OFF = SignOffPage(
    head=HEAD, needs=[MET, Need("technician_signature", is_met=False, href="#technician", by="technician")],
    is_ready=True, needs_code=True, code="LIFT-1", before=PHOTO, after=PHOTO, parts_used=[("x1", "2")],
    answers=[("x1", "pass"), ("x1", "3")], resolutions=("fixed", "temporary"), name="x1", digest="0", seen=1,
    changed=[], entered={"scan": ""}, key="k", errors=[],
)  # fmt: skip
SIGN_ROUND = replace(SIGN_OFF, before=None, after=None, kind="inspection")
REPORT = ReportPage(
    code="LIFT-1", thing="x1", where="x1", zone=ZONE, open=[], categories=CHIPS, more=[], entered=Entered(), errors=[],
    key="k", signed_in=False, phone="1 2",
)  # fmt: skip
TWIN = QuestionPage("LIFT-1", "x1", "x1", "twin", "x1", AT, ZONE, [], ENTERED, "k")
ASK = AskPage(HEAD, "hold", ("waiting_parts",), [], {}, "", "", "k", asks_code=False, needs_code=False)
CHECK_IN = replace(ASK, action="check_in", reasons=("no_label",), field="code", error="x1", asks_code=True)

TAKE = Job(HEAD, [POST])
ITEMS = [Question(1, "x1", "pass_fail", "fail", "x1", (), [PHOTO], "x1", is_failed=True, error="x1")]
STOPS = [
    Place(1, "x1", "x1", "/round/WX-1/1", "open", None, "", "low", "x1", "", 0, 0, ITEMS),
    Place(2, "x1", "", "/round/WX-1/2", "done", AT, "x1", "high", "x1", "", 1, 1, ITEMS),
    Place(3, "x1", "x1", "/round/WX-1/3", "left", AT, "", "medium", "x1", "x1", 0, 0, ITEMS),
]
ROUND = Round("/round/WX-1", "x1", 1, 1, 3, STOPS)
WHOLE = Round("/round/WX-1", "x1", 2, 1, 3, STOPS)
WALK = RoundPage(
    HEAD, "x1", ROUND, None, [POST], is_open=True, can_work=True, sign="", told="x1", draft_done="x1", key="k",
    home="/work",
)  # fmt: skip
OUTCOME = Outcome("x1", [Fault(HEAD, "x1", is_new=True), Fault(QUIET, "x1", is_new=False)], STOPS[2:])
SIGNED = replace(WALK, round=WHOLE, outcome=OUTCOME, steps=[], is_open=False, can_work=False)
STOP = StopPage(
    HEAD, ROUND, STOPS[0], JOB.questions + ITEMS, "x1", "s", "low", "x1", can_work=True, reasons=("no_access",),
    entered={}, here="/q/x1", key="k", errors=[],
)  # fmt: skip

EXAMPLES: dict[str, list[Any]] = {
    "ask.html": [
        ASK,
        CHECK_IN,
        replace(CHECK_IN, needs_code=True),
        replace(ASK, action="check_in", reasons=()),
        replace(ASK, action="schedule", reasons=(), slots=[Slot("a/b", "x1")]),
        *(replace(ASK, action=action, field="reason", error="x1") for action in ("decline", "reopen", "cancel")),
    ],
    "code.html": [CodePage("", ""), CodePage("x1", "x1")],
    "emergency.html": [
        EmergencyPage("fire", phone, number, "x1", "report:x1") for phone in ("1 2", "") for number in ("WX-1", "")
    ],
    "job.html": [
        JOB,
        replace(JOB, said=WRONG, home=""),
        replace(JOB, questions=[], round=ROUND, has_resident=False),
        replace(JOB, questions=[], round=WHOLE, can_work=False),
        replace(JOB, head=replace(HEAD, state="in_progress"), appointment=AGREED, said=Said(told="x1")),
        replace(JOB, head=replace(QUIET, state="on_hold"), hold_reason="x1", appointment=None, questions=[], steps=[]),
        replace(JOB, head=QUIET, can_add=False, can_work=False, words="", contact="", photos={"report": []}),
    ],
    "link.html": [LinkPage("WX-1", "L", ""), LinkPage("WX-1", "", "x1")],
    "privacy.html": [PrivacyPage(TOPICS, 90, 180)],
    "progress.html": [
        PROGRESS,
        replace(PROGRESS, said=WRONG, advice=""),
        replace(PROGRESS, head=QUIET, advice="", before=None, appointment=AGREED, said=Said(told="x1")),
        replace(PROGRESS, head=replace(QUIET, state="closed"), survey=replace(NO_SURVEY, can_rate=True)),
        replace(PROGRESS, head=replace(QUIET, state="closed"), survey=replace(NO_SURVEY, stars=2, ask_reason=True)),
        replace(PROGRESS, head=replace(QUIET, state="closed"), survey=replace(NO_SURVEY, stars=5)),
        replace(PROGRESS, head=replace(QUIET, state="merged"), merged_into="WX-2", steps=[]),
    ],
    "question.html": [TWIN, replace(TWIN, kind="unsure", choices=CHIPS, where="")],
    "report.html": [
        REPORT,
        replace(REPORT, entered=ENTERED, errors=[("text", "x1"), ("photo", "x1")], signed_in=True, phone=""),
        replace(REPORT, categories=[], more=CHIPS, entered=ENTERED),
        replace(REPORT, open=[OpenTicket("x1", "assigned", AT, ""), OpenTicket("x1", "done", AT, "/t/1")]),
    ],
    "round.html": [
        WALK,
        replace(WALK, steps=[], home="", told=""),
        replace(WALK, round=WHOLE, sign="/sign"),
        replace(WALK, round=replace(WHOLE, stops=STOPS[2:]), can_work=False, steps=[]),
        replace(WALK, typed="x1", wrong="x1"),
        replace(WALK, elsewhere=Elsewhere("x1", "x1", "/x1", "/x1")),
        SIGNED,
        replace(SIGNED, outcome=Outcome("x1", [], [])),
        replace(SIGNED, round=ROUND, outcome=None),
    ],
    "round_stop.html": [
        STOP,
        replace(STOP, scan="", code="", here="", errors=[("main", "x1")], entered={"locate": "1", "words": "x1"}),
        replace(STOP, stop=STOPS[2], level="high"),
        replace(STOP, can_work=False),
    ],
    "scan.html": [ScanPage("", ""), ScanPage("x1", "x1"), ScanPage("", "", "WX-1")],
    "sign_in.html": [
        SignInPage("", "", "", has_telegram=False, ways=[]),
        SignInPage("x1", "/work", "x1", has_telegram=True, ways=[("x1", "x1")]),
    ],
    "sign_in_back.html": [
        SignInBackPage("x1", "x1", "x1", "x1", ""), SignInBackPage("x1", "x1", "x1", "x1", "x1"),
        SignInBackPage("", "", "x1", "x1", ""),
    ],
    "sign_in_link.html": [SignInLinkPage(is_valid=True), SignInLinkPage(is_valid=False)],
    "sign_off.html": [
        SIGN_OFF,
        replace(SIGN_OFF, errors=[("changed", "x1")], changed=[LINE], entered={"scan": "s", "technician": "{}"}),
        SIGN_ROUND,
        replace(SIGN_ROUND, kind="task"),
        replace(SIGN_OFF, is_ready=False, before=None, after=None, answers=[], parts_used=[]),
    ],
    "thing.html": [
        ThingPage(
            "x1", "x1", "x1", "x1", ZONE, [(HEAD, POST), (HEAD, LINK)], [(QUIET, AT)], "k", "/work", is_replaced=True
        ),
        ThingPage("x1", "x1", "x1", "", ZONE, [(QUIET, None)], [], "k", "/work", is_replaced=False, stop="/x1"),
    ],
    "work.html": [
        WorkPage(
            "x1", [TAKE], [Job(HEAD, [POST, LINK])], [Job(HEAD, [], "x1")], [TAKE], [Job(QUIET, [POST])], "k", "", 9
        ),
        WorkPage("x1", [], [], [], [], [], "k", "x1", 15),
    ],
}  # fmt: skip

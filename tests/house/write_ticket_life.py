"""Writes docs/ticket-life.md from the transition table: `python -m tests.house.write_ticket_life`.

The words of states and kinds are those of the product's catalogs; actions and parts are named here, because people
never see them by one word.
"""

from __future__ import annotations

from core.i18n import translate
from core.tickets.states import HELD_FROM, KINDS, OPEN, RESOLUTIONS, SAME, STATES, TRANSITIONS, Transition
from tests.house.source import ROOT

FILE = ROOT / "docs/ticket-life.md"
ACTIONS = {
    "assign": "派单", "transfer": "转单", "offer_team": "派给班组", "request_transfer": "申请转单", "claim": "抢单",
    "accept": "接单", "decline": "退单", "release": "收回", "schedule": "预约", "agree": "同意预约", "check_in": "到场",
    "hold": "挂起", "resume": "恢复", "sign_off": "完工签字", "confirm": "验收", "lapse": "逾期未验收",
    "reopen": "返修", "merge": "合并", "cancel": "撤销", "recategorise": "改类别", "reprioritise": "改紧急程度",
    "relocate": "改位置", "escalate": "升级", "waive": "免除凭证",
}  # fmt: skip
PARTS = {
    "assignee": "被派人员", "eligible": "班组成员", "reporter": "报修人及加入者", "supervisor": "主管",
    "system": "系统",
}  # fmt: skip
FACTS = {
    "assignee": "维修人员", "team": "班组", "reason": "原因", "from": "开始时间", "until": "结束时间",
    "resolution": "处理结果", "into": "目标工单", "category": "类别", "priority": "紧急程度", "evidence": "凭证",
    "subject": "对象",
}  # fmt: skip
ANY_OPEN = "any_open"

PAGE = """# The ticket's life 工单的一生

This page is written by `python -m tests.house.write_ticket_life` from the table `TRANSITIONS` in
[core/tickets/states.py](../core/tickets/states.py). That table is what the program obeys: `apply()` in
[core/tickets/actions.py](../core/tickets/actions.py) is the only writer of a ticket's state, under the condition that
the ticket is still in the state and version that were read. A test fails when this page and the table differ.

```mermaid
stateDiagram-v2
{diagram}
```

## States 状态
| state | 状态 | open 未完 |
|---|---|---|
{states}

## Actions 动作
*Needs* are facts that must be given. *The same* leaves the state as it is; *held from* is the state that the work was
put on hold in. Who is not in a row may not take it from there, whatever else they may do.

| action | 动作 | from | to | who 谁 | needs 需要 | kinds 类型 |
|---|---|---|---|---|---|---|
{actions}

Who: *assignee* is the technician it was given to; *eligible* a technician of the team while nobody has it; *reporter*
whoever reported or joined it; *supervisor* a supervisor or administrator of the site; *system* a trigger, such as the
silent closure after three days.

Resolutions 处理结果: {resolutions}.
"""


def page() -> str:
    return PAGE.format(
        diagram="\n".join(f"    {line}" for line in _diagram()),
        states="\n".join(
            f"| `{state}` | {_zh(f'state.{state}')} | {'●' if state in OPEN else ''} |" for state in STATES
        ),
        actions="\n".join(_row(row) for row in TRANSITIONS),
        resolutions=", ".join(f"`{name}` {_zh(f'resolution.{name}')}" for name in RESOLUTIONS),
    )


def _diagram() -> list[str]:
    """Who lets it go on to where. What leaves the state as it is, is left to the table."""
    names = [f"{state}: {state} {_zh(f'state.{state}')}" for state in STATES]
    edges: dict[tuple[str, str], list[str]] = {}
    for row in TRANSITIONS:
        for source, target in _ways(row):
            known = edges.setdefault((source, target), [])
            is_said = row.action in known or (source in OPEN and row.action in edges.get((ANY_OPEN, target), []))
            known.extend([] if is_said else [row.action])
    arrows = [f"{source} --> {target}: {', '.join(actions)}" for (source, target), actions in edges.items() if actions]
    ends = [f"{state} --> [*]" for state in ("closed", "merged", "cancelled")]
    return ["direction LR", *names, f"{ANY_OPEN}: any open state 任何未完状态", "[*] --> reported", *arrows, *ends]


def _ways(row: Transition) -> list[tuple[str, str]]:
    """The arrows of a row; one from `any_open` where it leads out of every open state."""
    if row.to == SAME:
        return []
    if row.to == HELD_FROM:
        held = [source for other in TRANSITIONS if other.to == "on_hold" for source in other.sources]
        return [(source, target) for source in row.sources for target in held]
    if row.sources == OPEN and row.to not in OPEN:
        return [(ANY_OPEN, row.to)]
    return [(source, row.to) for source in row.sources if source != row.to]


def _row(row: Transition) -> str:
    sources = "any open state" if row.sources == OPEN else ", ".join(row.sources)
    target = {SAME: "the same", HELD_FROM: "held from"}.get(row.to, row.to)
    who = ", ".join(f"{part} {PARTS[part]}" for part in row.who)
    needs = ", ".join(f"{fact} {FACTS[fact]}" for fact in row.needs)
    kinds = "all" if row.kinds == KINDS else ", ".join(f"{kind} {_zh(f'kind.{kind}')}" for kind in row.kinds)
    return f"| `{row.action}` | {ACTIONS[row.action]} | {sources} | {target} | {who} | {needs} | {kinds} |"


def _zh(key: str) -> str:
    return translate(key, "zh_CN")


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")

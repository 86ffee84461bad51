"""What the page says and what its people write, in both languages. A tool of developers has no catalog."""

from __future__ import annotations

PAGE = {
    "title": ("一张工单，五个聊天", "One ticket, five chats"),
    "about": (
        "五个聊天平台的模拟器，同一个工单系统。点按钮、打字、发照片都可以，回调按各平台自己的格式加密签名。",
        "Simulators of five platforms around one Gongdan. Each callback is sealed and signed as its platform does it.",
    ),
    "none_yet": ("还没有工单", "No ticket yet"),
    "start": ("点“播放全程”，或在任一手机里报修。", "Play the loop, or report a fault in any phone."),
    "play": ("播放全程", "Play the loop"),
    "playing": ("正在播放", "Playing"),
    "step": ("第 {step} 步，共 {of} 步", "Step {step} of {of}"),
    "stuck": (
        "播放停住了，等的事没有发生：{who} {act}",
        "The play stopped. It waited for this, and nothing came of it: {who} {act}",
    ),
    "desk": ("打开调度台", "Open the desk"),
    "language": ("English", "中文"),
    "phones": ("五部手机", "Five phones"),
    "write": ("写给工单系统", "Write a message"),
    "send": ("发送", "Send"),
    "photo": ("照片", "Photo"),
    "scan": ("扫码", "Scan"),
    "menu": ("菜单", "Menu"),
    "template": ("模板消息", "Template message"),
    "reply": ("被动回复", "Passive reply"),
    "edited": ("已更新", "edited"),
    "details": ("查看详情", "Details"),
    "picture": ("照片", "Photo"),
    "opens": ("在新窗口打开", "opens in a new window"),
    "lost": ("连接断开了，正在重试…", "The connection is lost; trying again…"),
}
STEPS = {
    "reported": ("报修", "Reported"),
    "accepted": ("接单", "Accepted"),
    "arrived": ("到场", "On site"),
    "done": ("完工", "Signed off"),
    "confirmed": ("验收", "Confirmed"),
    "rated": ("评价", "Rated"),
}
SEATS = {
    "resident": ("住户", "Resident"),
    "neighbour": ("另一位住户", "Second resident"),
    "busy": ("师傅（没空）", "Technician, busy"),
    "technician": ("师傅", "Technician"),
    "supervisor": ("主管", "Supervisor"),
}
PLATFORMS = {
    "wechat": ("微信公众号", "WeChat account"),
    "telegram": ("Telegram", "Telegram"),
    "feishu": ("飞书", "Feishu"),
    "wecom": ("企业微信", "WeCom"),
    "dingtalk": ("钉钉", "DingTalk"),
}
ACTS = {
    "scan": ("扫电梯上的码", "scans the code on the lift"),
    "report": ("说电梯门关不上", "says that the door does not close"),
    "photo": ("补一张照片", "adds a photo"),
    "twin": ("报同一个故障", "reports the same fault"),
    "me_too": ("一起接收进展", "joins the ticket"),
    "decline": ("退单", "declines"),
    "busy": ("说手头有活，单子转给下一位", "is busy: the job goes to the next one"),
    "accept": ("接单", "accepts"),
    "nudge": ("催单，主管也收到", "asks to hurry; the supervisor is told"),
    "check_in": ("到场签到", "is there and checks in"),
    "arrive": ("扫码，开始处理", "scans the code and begins"),
    "after": ("要发完工照片", "wants to show the repair"),
    "fixed": ("发完工照片", "sends the photo"),
    "sign_off": ("在页面上签字、提交完工", "signs on the page and hands in"),
    "confirm": ("回复数字，确认修好", "confirms with a number"),
    "rate": ("打五星", "gives five stars"),
}
SPOKEN = {
    "fault": ("电梯门关不上，一直在响", "The lift door does not close and keeps beeping"),
    "same": ("电梯门坏了", "The lift door is broken"),
    "nudge": ("催单", "hurry up"),
}


def said(name: str, locale: str) -> str:
    """What somebody writes."""
    return SPOKEN[name][_place(locale)]


def of_page(locale: str) -> dict[str, dict[str, str]]:
    """Everything that the page says in a language."""
    known = {"page": PAGE, "steps": STEPS, "seats": SEATS, "platforms": PLATFORMS, "acts": ACTS}
    return {name: {key: pair[_place(locale)] for key, pair in pairs.items()} for name, pairs in known.items()}


def _place(locale: str) -> int:
    return 0 if locale == "zh_CN" else 1

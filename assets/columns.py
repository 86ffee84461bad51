"""Pure: which column of a table holds what, guessed from its heading in Chinese or English, and corrected by people."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from assets.reading import Line

KINDS = ("assets", "places", "people")
# The fields of each kind of table, in the order in which they are exported, with the headings of our own exports.
NAMES: dict[str, dict[str, dict[str, str]]] = {
    "assets": {
        "code": {"en": "code", "zh_CN": "编号"},
        "name": {"en": "name", "zh_CN": "名称"},
        "type": {"en": "type", "zh_CN": "类型"},
        "place": {"en": "place", "zh_CN": "位置"},
        "parent": {"en": "parent", "zh_CN": "上级"},
        "warranty": {"en": "warranty", "zh_CN": "保修至"},
        "maker": {"en": "maker", "zh_CN": "厂家"},
        "model": {"en": "model", "zh_CN": "型号"},
        "serial": {"en": "serial", "zh_CN": "序列号"},
        "note": {"en": "note", "zh_CN": "备注"},
    },
    "places": {
        "place": {"en": "place", "zh_CN": "位置"},
        "kind": {"en": "kind", "zh_CN": "种类"},
        "use": {"en": "use", "zh_CN": "用途"},
    },
    "people": {
        "name": {"en": "name", "zh_CN": "姓名"},
        "phone": {"en": "phone", "zh_CN": "手机"},
        "unit": {"en": "unit", "zh_CN": "房号"},
        "role": {"en": "role", "zh_CN": "角色"},
    },
}
NEEDED = {"assets": ("name", "place"), "places": ("place",), "people": ("name",)}
SYNONYMS: dict[str, dict[str, str]] = {
    "assets": {
        "code": "设备编号 资产编号 设备编码 资产编码 设备代码 编码 设备号 资产号 标签号 "
        "assetcode assetno assetnumber assetid equipmentno equipmentnumber equipmentid equipmentcode tagno tagnumber "
        "tag barcode no number id",
        "name": "设备名称 资产名称 设备 品名 assetname equipmentname equipment asset item",
        "type": "设备类型 设备类别 资产类别 类别 设备分类 分类 设备种类 "
        "category class assettype equipmenttype typename kind",
        "place": "安装位置 安装地点 所在位置 设备位置 存放地点 地点 区域 楼层位置 "
        "location installedat space room position path",
        "parent": "上级设备 所属设备 主设备 父设备 上级编号 parentasset parentcode partof belongsto",
        "warranty": "保修到期 质保到期 质保期至 保修期至 保修截止 保修期 质保期 质保 保修 保修到期日 "
        "warrantyuntil warrantyend warrantyenddate warrantyexpiry warrantyexpires guarantee",
        "maker": "品牌 生产厂家 制造商 制造厂家 生产厂商 厂商 供应商 manufacturer brand vendor make supplier",
        "model": "规格型号 设备型号 规格 modelno modelnumber modelname",
        "serial": "出厂编号 出厂号 机身号 产品编号 serialno serialnumber sn factoryno",
        "note": "说明 描述 notes remark remarks comment comments description",
    },
    "places": {
        "place": "路径 地点 房号 房间 名称 path location name room unit space",
        "kind": "类型 类别 位置类型 type category",
        "use": "公共或住户 是否住户 使用性质 性质 commonorhome home usage common",
    },
    "people": {
        "name": "住户姓名 业主姓名 业主 住户 客户姓名 联系人 fullname resident tenant owner contact person",
        "phone": "电话 手机号 手机号码 联系电话 联系方式 电话号码 移动电话 "
        "mobile telephone tel phonenumber phoneno cell cellphone mobilephone",
        "unit": "住址 房间 房间号 门牌 门牌号 单元 户号 房屋 地址 "
        "apartment flat room address home place door unitno roomno",
        "role": "身份 类型 住户类型 type relation",
    },
}
# A heading that contains one of our words together with one of these speaks of something else.
ELSE = re.compile(
    r"start|begin|from|duration|guarantor|created|external|installation|replace|开始|起始|安装日期|投用|面积|单价|金额"
)
IN_BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")
HEADER_AMONG = 15
# What people write where they have nothing to say. A place or a code may be called like most of these, a name like any.
NOTHING = frozenset(("n/a", "na", "none", "null", "-", "--", "/", "无", "—"))
ALWAYS_SAID = ("name",)
RARELY_NOTHING = ("code", "place", "parent", "unit")


def fields_of(kind: str) -> tuple[str, ...]:
    return tuple(NAMES[kind])


def is_nothing(field: str, value: str) -> bool:
    """Whether a cell is a placeholder."""
    if field in RARELY_NOTHING:
        return value == "n/a"
    return field not in ALWAYS_SAID and value.casefold() in NOTHING


def headings(kind: str, locale: str) -> list[str]:
    """The headings of an export, which an import knows again."""
    return [names.get(locale, names["en"]) for names in NAMES[kind].values()]


def own_headings(kind: str) -> dict[str, str]:
    """The field of each heading of our own, in every language."""
    return {text: field for field, names in NAMES[kind].items() for text in names.values()}


def header_line(lines: Sequence[Line], kind: str) -> int:
    """Where the headings stand: in the line of the first ones of which most are known, else in the first."""
    known = [sum(1 for field in guess(line.cells, kind) if field) for line in lines[:HEADER_AMONG]]
    return known.index(max(known, default=0)) if known else 0


def guess(header: Sequence[str], kind: str, remembered: Mapping[str, str] | None = None) -> list[str]:
    """The field of each column, empty for those that nobody knows. `remembered`: what people once said of a heading.

    No field stands twice: what was remembered goes first, then equal words, then headings that contain a word.
    """
    found = [""] * len(header)
    exact = {word: field for field in fields_of(kind) for word in _words(kind, field)}
    ways: tuple[Callable[[str], str], ...] = (
        lambda text: (remembered or {}).get(text, ""),
        lambda text: exact.get(_plain(text), ""),
        lambda text: _within(_plain(text), exact),
    )
    skipped = {number for number, text in enumerate(header) if remembered and remembered.get(text) == ""}
    for way in ways:
        for number, text in enumerate(header):
            field = "" if found[number] or number in skipped or not text else way(text)
            if field in fields_of(kind) and field not in found:
                found[number] = field
    return found


def _words(kind: str, field: str) -> list[str]:
    return [*map(_plain, NAMES[kind][field].values()), *SYNONYMS[kind][field].split()]


def _within(text: str, words: Mapping[str, str]) -> str:
    """The field of the longest word that a heading contains; short words mean too much."""
    if ELSE.search(text):
        return ""
    inside = [word for word in words if word in text and len(word) >= (4 if word.isascii() else 2)]
    return words[max(inside, key=len)] if inside else ""


def _plain(text: str) -> str:
    """A heading without case, blanks, signs and what stands in brackets."""
    bare = IN_BRACKETS.sub("", unicodedata.normalize("NFKC", text).casefold())
    return "".join(character for character in bare if character.isalnum())

"""The same fault in English and in Chinese is of one category and equally urgent."""

from __future__ import annotations

import pytest

from core.lexicon import guess, load

PAIRS = """
the lift is stuck | 电梯卡住了
the lift is stuck | 电梯不动
lift not moving | 电梯不动
lift broken | 电梯坏了
elevator stopped | 电梯停了
the lift is out of order | 电梯停运了
people are trapped in the lift | 电梯困人了
Kitchen tap is dripping | 水龙头漏水，一直在滴
kitchen tap drips | 厨房水龙头滴水
water leak in the bathroom | 卫生间漏水
puddle on the floor | 地上有积水
damp wall | 墙面潮湿
no water | 停水了
low water pressure | 水压低
toilet blocked | 马桶堵了
sewage is backing up | 污水倒灌
no power | 停电了
the breaker trips | 跳闸了
light not working | 灯不亮
socket not working | 插座没电
smell of gas | 闻到煤气味
gas outage | 停气了
no hot water | 没有热水
no heating | 暖气不热
air conditioner not cooling | 空调不制冷
door lock broken | 门锁坏了
locked out | 被锁在门外
crack in the wall | 墙面裂缝
rubbish not collected | 垃圾没清理
cockroaches in the kitchen | 厨房有蟑螂
neighbour too loud | 邻居太吵
someone parked in my spot | 有人占我车位
the parking barrier is broken | 道闸坏了
no internet | 没有网络
water pump broken | 水泵坏了
fire extinguisher missing | 灭火器不见了
"""


@pytest.mark.parametrize("pair", PAIRS.strip().splitlines())
def test_both_languages_say_the_same(pair: str) -> None:
    english, chinese = (guess(words.strip(), load()) for words in pair.split("|"))
    assert (english.category, english.priority, english.emergency) == (
        chinese.category, chinese.priority, chinese.emergency,
    )  # fmt: skip
    assert english.confidence == chinese.confidence == "sure"

"""Sentences and what they must mean to the lexicon: a table for test_lexicon, one sentence between two bars."""

from __future__ import annotations

EMERGENCIES = {
    "trapped_in_lift": """
困在电梯里了快来人 | 我们被关在电梯里出不来 | 电梯卡在半空里面有人 | 2号楼电梯困人
电梯突然停了,我和我妈妈还有小孩子都被困住了 | 电梯不动了,里面还有两个老人 | 被关电梯了怎么办 | 電梯困住了,救命
电梯门打不开,我们在里面 | 我在3单元电梯里面,门开不开,出不去 | 电梯停在5楼和6楼之间,里面有人在喊
卡在货梯里面20分钟了 | 没有人来救,我们困在电梯里 | 困在电梯里了,手机快没电了 | 电梯坏了我出不来了
help i'm stuck in the elevator | We are trapped in the lift, tower B
The elevator stopped between floors and there are people inside | lift is stuck with my mother inside
Can't get out of the lift! | I'm in the lift. It stopped and I can't get out.
Someone is stuck in the lift at block 3 | elevator doors won't open, we are inside | 电梯 stuck 了,有人困在里面
救命啊电梯关人了 | 我老公被锁在电梯里了 | 电梯掉下去一截然后不动了,我在里面 | 1栋2单元电梯困了三个人
刚刚电梯突然黑了停了,出不去 | 我一个人在电梯里面按啥都没反应 | 电梯里按铃没人接,开不了门,我还在里面
奶奶困在电梯里面半小时了 | Stuck in elevator since 10 minutes please hurry
my kid is in the lift and it will not open | The lift has stopped and we can't get out
Two people trapped in lift no. 3 | 我和孩子现在就在电梯里,电梯卡死了 | 电梯门关上以后就不动了里面有个孕妇
1号梯有人被困 | 快来!!!电梯里出不来了!!! | 我同事卡电梯了 | 電梯停咗,我哋出唔到去
Hi, I am currently stuck in lift 2, it's dark | The elevator has jammed with three residents inside
elevator isn't moving and the doors are shut, I'm inside, help | 师傅快点,电梯里关着三个人
电梯又卡住了,我爸妈在里面 | 出不了电梯了,快派人 | 坐电梯坐到一半停了,现在人还在里面 | 小朋友被困电梯里哭 | 被困货梯
Lift B has stopped with two kids in it | The elevator won't move and I can't get out
Please help, trapped between 4th and 5th floor in the elevator | My wife has been stuck in the lift for half an hour
妈妈被困在电梯了 | 电梯上到一半卡住,里面好几个人 | 有人在电梯里出不来,一直按警铃 | 电梯突然下坠,我们困在负一楼
We're stuck in the elevator, tower 2 | There are people trapped in the lift
The lift is not moving and there is an old man inside | Locked inside the elevator since ten minutes
""",
    "gas_smell": """
家里一股煤气味 | 家里有燃气味头晕 | 厨房闻到很重的天然气味道 | 没有热水,闻到煤气味 | 楼道里好像漏煤气了
燃气管道在漏气,嘶嘶响 | 煤气的味道很大 | 怀疑燃气泄漏,快来看看 | 有没有人管啊,燃气味很重 | 煤气灶没开也有一股味道
燃气报警器一直响 | 忘了关煤气,现在满屋子都是味 | 谁家的煤气漏了,整个楼道都能闻到 | 屋里有臭鸡蛋味 | 聞到瓦斯味
是不是煤气漏了,呛得很 | I smell gas | There is a strong smell of gas in the hallway | gas leak in the kitchen
smells like gas on the 4th floor | I think the gas stove is leaking | gas pipe is hissing
The gas alarm is going off | Not sure if it's gas but there's a rotten egg smell
gas odour in the basement, feeling dizzy | no hot water and I smell gas | 煤气好像泄漏了 | 隔壁传来煤气的臭味
一进门就闻到一股很浓的天然气味儿 | 怎么有股瓦斯的味道 | 燃气软管破了在漏气 | 燃气表那里有味道
厨房燃气味好大,头有点晕 | I can smell gas outside unit 3B | gas leaking from the meter
Strong gas odor on the stairs | is that gas? it smells awful near the gas pipe | 我妈说厨房有煤气的味
洗完澡感觉到处是煤气味道 | 闻着像液化气漏了 | 有人闻到天然气吗?我这层特别浓 | 燃气泄露报警
Gas!! whole corridor smells | we smelt gas near the boiler room this morning and it is still there
hissing sound from the gas line | 好浓的煤气味啊 | 我家煤气泄漏了 | 闻到一点点天然气的味道
灶台附近有漏气的声音,燃气味 | 楼下餐馆那边煤气味飘上来 | 燃气管子断了 | There's gas leaking in my kitchen
whole floor smells of gas | gas alarm is beeping nonstop | 煤气味特别大 | 燃气表漏气 | 厨房有煤气泄露的味道
邻居家飘出天然气味 | Smell of gas near the entrance | I think we have a gas leak | can smell gas in my bathroom
""",
    "carbon_monoxide": """
一氧化碳报警器响了 | 洗澡时热水器旁边头晕恶心 | carbon monoxide alarm is beeping
""",
    "sparks_fire_smoke": """
插座冒火花 | 电线冒烟 | 配电箱里噼里啪啦冒火星 | 空调插头烧焦了还冒烟 | 充电的电瓶车在冒烟 | 插座有一股烧焦的味道
开关打火花了 | 灯里面冒烟 | 洗衣机冒烟了 | 电表箱着火 | sparks from the socket | the outlet is smoking
smoke coming from the fuse box | There's a burning smell from the light switch | The wiring is sparking and buzzing
washing machine is smoking | 家里电闸着火花 | 插线板烧起来了 | 电线短路冒火了 | 空调外机冒黑烟
热水器插座焦了有糊味 | 电梯机房冒烟 | socket is sparking when I plug in | my charger caught fire
light fitting smells of burning plastic | smoke from the air conditioner | 插排冒烟有股塑料味
电表那边噼里啪啦还有火花 | 走廊的灯冒烟了 | 楼道充电的电动车着火了 | my outlet just sparked and went black
Electrical panel is making a burning smell | 电饭煲插头冒火花 | 空调里冒烟还有糊味 | 配电箱着火了 | 插座发黑有焦糊味
led灯冒烟 | There are sparks coming out of the switch | burning smell coming from the electrical cabinet
The air conditioner is on fire | 灯开关一按就冒火花 | 插头烧了还在冒烟 | 电动自行车充电冒烟 | 变压器着火
the plug sparked when I pulled it out | our fuse box is smoking
""",
    "fire": """
着火了 | 厨房起火了快来 | 楼道里全是浓烟 | 3栋楼下垃圾桶着火 | 地下车库有烟冒出来 | 隔壁失火
消防通道没堵,但是12楼着火了 | There is a fire in the bin room | the kitchen is on fire
black smoke in the stairwell | Fire! | smoke is coming out of flat 502
The smoke detector is going off and I see smoke | 五楼有火光还有烟 | 我家厨房烧起来了 | 楼下有人家失火了赶紧来
楼梯间有很浓的烟 | Help, fire on the second floor! | there's smoke everywhere | my curtains caught fire
楼下绿化带着火了! | 有人乱扔烟头把垃圾桶烧着了 | 好大的烟,不知道哪里来的
Something is on fire in the parking garage | I see flames from the window next door | 三楼阳台着火
垃圾房在烧,火好大 | 快报警有人家里冒烟 | The trash chute is smoking | there's fire in the stairwell
Lots of smoke in the corridor | 厨房油锅起火 | 隔壁楼冒浓烟 | 有人在楼道烧东西着火了 | the laundry room is on fire
smoke everywhere on the 6th floor
""",
    "electric_shock": """
水龙头漏电,摸着麻手 | 小孩触电了 | 洗澡的时候被电了一下 | 电线掉在地上 | 插座里进水了
I got an electric shock from the tap | live wire hanging in the corridor | water is leaking into the socket
摸到洗衣机被电到 | 路灯杆漏电有人被电 | 灯开关进水了 | I was shocked by the washing machine | 手碰到铁门有触电的感觉
下雨后路灯漏电 | getting shocks when I touch the tap | 浴室漏电我被电了一下 | 洗手的时候水龙头电人
电线断了搭在栏杆上 | The railing gave me an electric shock | a power cable is hanging down near the playground
电线裸露小孩被电到了 | 铁门带电 | I keep getting an electric shock from the shower
""",
    "water_through_ceiling": """
天花板哗哗漏水 | 水管爆了 | 楼上漏水漏到我家了 | 厨房水管爆裂,水喷得到处都是 | 家里被水淹了 | 天花板在往下流水
自来水管断了,一直往外喷水 | 卫生间顶上漏水,像下雨一样 | 暖气管爆了,满屋子水 | 水从天花板上流下来了 | 地下室淹了
管子裂开了水止不住 | 天花板漏了好大的水 | water is pouring through the ceiling | burst pipe in the bathroom
my flat is flooding | Water is coming through the kitchen ceiling
The pipe under the sink burst and water is spraying everywhere | ceiling is leaking badly
neighbour upstairs is leaking into my apartment | the basement is flooded | 家里水龙头崩了水喷到天花板
厕所水管断了水流得满地都是 | 楼上水管破了,水从灯里流下来 | 屋顶在漏水,床都湿了 | 客厅发大水了 | 主水管爆裂路面全是水
卫生间天花板漏水很严重 | 楼上漏水把我家墙都泡了 | my bathroom is flooded | Ceiling leaking!!
water's dripping through the ceiling light like rain, it's pouring | hot water pipe burst
there is water gushing out of the wall | 水管突然崩开水一直喷 | 热水器上面的管子爆了 | 我家被楼上淹了
吊顶里在哗哗流水 | 天花板漏水,灯都不敢开 | water leaking from upstairs into my bedroom
Pipe broke and water won't stop | The ceiling light is full of water and it's leaking | Our hallway is under water
水管裂了家里全是水 | 厕所天花板在漏水 | 楼上往下漏水,厨房全湿了 | 热水管爆开了 | 水从楼上流到我家客厅
总阀坏了水关不掉,到处喷 | There is water coming out of the ceiling | a pipe has burst in the corridor
Water pouring from the light | kitchen flooded, please hurry | 楼上水管爆了水流到楼道 | 家里水管爆了水止不住
天花板一直往下漏水 | 厨房被水泡了 | Pipe burst, water everywhere | water is leaking through my ceiling
the hallway is flooded
""",
    "fire_door_blocked": """
消防通道被堵 | 防火门被杂物堵住 | 安全出口锁住了打不开 | 有车停在消防通道上 | 逃生通道堆满了纸箱
楼道的消防门被人用铁链锁了 | 疏散通道被私家车占用 | fire exit blocked | The emergency exit is chained shut
boxes piled in front of the fire door | someone parked in the fire lane | escape route is full of junk
楼道的安全出口被杂物挡住了 | 邻居把消防门锁上了 | 电动车把消防通道堵死了 | 防火门前面堆满了东西
The fire door is blocked by bikes | Emergency exit won't open | fire stairs are obstructed by furniture
消防车通道停满私家车 | 安全出口的门被锁死 | 楼梯口防火门让人用锁锁了 | The fire escape is blocked with furniture
fire door chained | 楼梯间消防通道堆满杂物 | 安全门被人反锁了出不去 | 逃生通道被自行车堵了 | fire exit is locked
The escape stairs are blocked by a sofa | 消防通道被车堵了 | 安全出口被锁 | 楼道防火门被柜子挡住打不开
Emergency exit is blocked by boxes | fire door is locked
""",
    "falling_object": """
有人高空抛物 | 广告牌摇摇欲坠 | 楼上往下扔酒瓶 | 客厅吊顶塌了 | 窗户玻璃要掉下去了,外面是人行道 | 大树倒下来了
tiles are falling off the facade | the ceiling has collapsed | someone is throwing bottles out of the window
a window pane is about to fall | 楼上有人扔垃圾下来差点砸到我 | 外墙的石头掉下来了 | 阳台玻璃碎了要掉下去
bricks falling from the building | A large branch has fallen onto the path | the ceiling just fell down
楼上又往下扔烟头和垃圾 | 外墙保温层掉下来一大块 | 大风把广告牌吹得快掉下来了
plaster is falling from the ceiling in big chunks | Someone throws trash from upper floors | 外墙砖往下掉
有人从楼上扔东西下来 | 楼顶的铁皮被风吹得要掉下来了 | tiles fell off the outside wall
Something heavy fell from the balcony above and nearly hit me | 楼上扔花盆下来 | 外墙玻璃掉下来了
天花板整块掉下来了 | roof tile fell onto the street | The ceiling in the lobby is collapsing
""",
    "injury": """
外墙瓷砖掉下来差点砸到人 | 扶梯夹住小孩的脚了 | 有老人在大堂晕倒了 | someone fell down the stairs and is bleeding
""",
    "open_manhole": """
小区门口井盖没了 | 井盖破了有人会掉进去 | manhole cover is missing
""",
    "danger_to_life": """
有人要跳楼 | 有个男的拿着刀在楼道里 | a man with a knife in the lobby
""",
}

CALM = """
没有煤气味 | 没闻到煤气 | 没有闻到任何煤气味 | 厨房没煤气味,就是灶打不着火 | 不漏水了 | 燃气费怎么交
煤气卡充值在哪里 | 煤气表没电池了 | 天然气什么时候通 | 电梯广告太吵了 | 谢谢,电梯修好了 | 电梯里的灯坏了
电梯有异响 | 电梯坏了,老人上不了楼 | 电梯里有人抽烟 | 电梯里没有人被困,就是不动了 | 没有困人,电梯按钮坏了
安装电梯困难重重 | 电梯停运两天了什么时候修好 | 周六消防演习,请勿惊慌 | 消防栓没水 | 灭火器过期了 | 防火门关不上了
消防通道的灯不亮 | 燃气热水器打不着火 | 热水器不出热水 | 暖气不热 | 空调不制冷 | 空调滴水 | 楼上空调漏水滴到我家窗户
楼上装修太吵了 | 水龙头滴水 | 马桶漏水 | 天花板有一块水渍 | 卫生间渗水 | 墙皮脱落 | 路灯不亮 | 家里停电了 | 跳闸了
漏电保护器坏了 | 没有冒烟,就是跳闸 | 楼道有人抽烟,烟味很大 | 楼道里有烟头 | 油烟机不工作 | 乱停电动车
门口有烟花声吵死了 | 井盖响得睡不着 | 如果电梯困人怎么办 | 万一着火怎么逃生 | 请问消防通道可以停车吗
煤气味已经没了,谢谢 | 电梯困人已经救出来了,谢谢 | 漏水修好了 | 火灾报警器误报 | 带电梯的楼层怎么收费
接触电梯按钮会不会传染 | 物业费怎么交 | 孩子把水彩画在电梯里了 | 打麻将吵得睡不着 | 没有着火,是邻居烧烤
老鼠在厨房里 | 网络信号不好 | 门禁刷不开 | 树枝挡住窗户了 | 车位被占了 | no gas smell | there is no smoke
not leaking any more | gas bill | How do I pay my gas bill? | I can't smell any gas
There is no smell of gas, the hob just won't light | fire alarm test announcement | Fire drill on Saturday at 10
thanks, the lift is fixed now | The elevator has been repaired, thank you | lift is out of order
the lift button is broken | elevator music is too loud | The lift stopped working, nobody inside
No one is trapped but the lift is not moving | dripping tap in the kitchen | slow leak under the sink
The toilet is running | radiator is cold | air conditioner is leaking water | smoke detector battery needs replacing
someone is smoking in the stairwell | cigarette smoke from the neighbours | fire extinguisher expired
fire door does not close properly | what should I do if there is a fire? | the light in the fire escape is out
no hot water | power is out in my flat | breaker keeps tripping | water stain on the ceiling
the parking barrier is stuck | my key is stuck in the lock | the window is stuck | paint is peeling off the wall
the cleaner was fired | illegal fireworks last night | blocked hydrant, car parked in front of it
the drain is blocked | rats in the bin room | internet is down | the leak has stopped
The gas engineer is coming on Monday, will you be there? | wifi not working | loud party next door
tree branch touching my window | I locked myself out | water bill is too high | the gate won't open
我家没有漏水,是楼下漏水 | 没有味道了 | 没闻到什么味道 | 不是煤气味,是油漆味 | 不是着火,是烧烤 | 没有人困在里面
电梯很慢 | 电梯按键不亮 | 电梯门老是夹东西 | 电梯异味很大 | 电梯里漏水 | 电梯门口堆了纸箱 | 电梯噪音大睡不着
抱怨电梯费太高 | 电梯年检什么时候 | 燃气安检预约 | 燃气公司电话多少 | 天然气改造通知 | 煤气灶火很小 | 换煤气罐
厨房水槽下面有点漏水 | 洗衣机漏水 | 水龙头关不紧 | 马桶一直流水 | 马桶水箱漏水 | 空调外机滴水 | 地下车库积水
阳台渗水,墙上发霉 | 墙上有裂缝 | 灯泡烧了 | 灯一闪一闪的 | 插座没电 | 电费怎么交 | 充电桩坏了 | 电瓶车没地方充电
门锁坏了 | 钥匙断在锁里 | 忘带钥匙进不了家门 | 窗户漏风 | 消防演练什么时候 | 消防警报又误报了 | 消防门关不严
灭火器不见了 | 烟感一直滴滴响 | 楼下烧烤油烟太大 | 楼道里有人抽烟 | 邻居家狗一直叫 | 小孩在楼上跑跳 | 树上有马蜂窝
路面不平 | 健身器材坏了 | 快递柜打不开 | 想报修,什么时候有人 | 谢谢师傅,已经修好了 | 昨天漏水,今天已经处理好了
The lift is slow | lift door is noisy | elevator light is broken | lift smells bad
The elevator panel doesn't light up | There's rubbish in the lift | I'd like to pay the lift fee | stove won't light
gas inspection appointment | when will the gas be back on? | tap won't stop dripping | shower has no pressure
washing machine leaks | dishwasher doesn't drain | sink is blocked | fridge is not cold | light bulb needs changing
hallway lights are out | socket doesn't work | heating too hot | fire alarm battery is low
the fire alarm was a false alarm | smoke alarm chirping | someone smoking on the balcony | BBQ smoke from neighbour
neighbour's dog barks all night | wasps nest under the roof | door handle fell off | cupboard door fell off
the cat is stuck in the tree | car stuck at the barrier | Is there a fire drill tomorrow? | window won't close
the paint is falling off the wall | no longer smells of gas, thank you | please don't block the driveway
a parcel is missing | the toilet seat is broken | burnt out bulb | can you burn the rubbish less often
hot plate in the kitchen does not heat | 我闻了闻没有煤气味,但是打不着火 | 燃气没有泄漏,师傅检查过了
电梯没困人,就是按钮失灵 | 电梯晃得厉害 | 电梯里信号不好 | 电梯轿厢地板坏了 | 电梯维保什么时候来 | 电梯里面有垃圾
电梯里贴满了小广告 | 想咨询加装电梯 | 燃气表走得太快 | 燃气灶坏了怎么修 | 家里没气了要充值 | 热水器漏水
太阳能热水器不热 | 厨房水管有点渗水 | 水管冻住了 | 水表转得很快 | 淋浴花洒坏了 | 洗衣机排水慢 | 厕所有臭味
下水道有臭味 | 楼顶太阳能板松了 | 阳台灯坏了换一下 | 空气开关老是跳 | 灯具换一个 | 卧室没电客厅有电
小区路灯晚上不开 | 消防水带丢了 | 消防栓箱玻璃坏了 | 防火门闭门器坏了 | 楼梯扶手松动 | 天花板发霉了 | 吊顶有裂缝
外墙渗水 | 玻璃有裂痕 | 楼上一直有人走来走去声音很大 | 楼下广场舞扰民 | 隔壁抽烟烟味飘到我家 | 小区内有人烧烤
保洁没来打扫 | 单元门关不严 | 门铃不响 | 快递放门口丢了 | 地库灯太暗 | 树太高挡光 | 晚上狗叫 | 蚊子太多
儿童滑梯坏了 | 物业电话打不通 | 已经好了不用来了 | 不用来了,已经修好 | 今天停水吗 | 什么时候来电
The lift makes a strange noise | Lift button on 5th floor stuck | Dog waste in the elevator
gas stove igniter broken | my gas bill doubled | who do I contact about a gas connection
water heater is leaking a little | tap is loose | pipe under sink is dripping slowly | water tastes bad
bathroom drain smells | outlet in the living room is dead | bulb out in stairwell
need an electrician to install a lamp | radiator makes noise | thermostat broken
fire extinguisher missing from corridor | fire alarm panel shows a fault | smoke detector is beeping every minute
smells of cigarette smoke in hallway | neighbour is cooking and it smells | grill smoke is annoying
front gate does not lock | window handle broken | crack in ceiling | roof tiles look old | tree needs pruning
ants in kitchen | cleaning was not done this week | drunk people being loud | someone parked in my spot
bike was stolen | intercom is not working | treadmill is broken | the mailbox is jammed | all good now, thanks
the light was fixed, thank you | No smoke or fire, just a broken alarm | I'd like to report a noisy party
is the water off today? | 我家煤气灶坏了 | 没有闻到燃气味道 | 煤气公司什么时候上门 | 燃气发票怎么开
检查过了,不漏气 | 电梯老是响 | 电梯显示屏黑了 | 电梯要等很久 | 电梯超载报警 | 昨天电梯坏了今天好了 | 电梯内饰板掉了
电梯里有人吵架 | 电梯里很闷热没空调 | 水压不足 | 水管有响声 | 花洒漏水 | 马桶盖坏了 | 洗手池下面漏水 | 暖气片漏水
空调内机漏水 | 地面有水滑 | 下雨窗户渗水 | 阳台地漏堵了 | 开关坏了 | 灯泡坏了要换 | 总是跳闸 | 电表走得快 | 路灯太亮
插座松动 | 门打不开钥匙拧不动 | 阳台门卡住了 | 小区大门坏了 | 玻璃划痕 | 墙纸脱落 | 地板翘了 | 楼梯灯不亮
消防演习几点开始 | 消防通道标识不清 | 防火门把手掉了 | 灭火器压力不足 | 邻居在楼道抽烟 | 楼道里停自行车
有人乱扔垃圾 | 垃圾没人收 | 蟑螂很多 | 晚上跳广场舞太吵 | 楼上小孩跑来跑去 | 停车费太贵 | 车被刮了 | 树要修剪
草坪黄了 | wifi很慢 | 快递柜坏了 | 物业态度差 | 请问报修电话 | 昨天水管爆了,已经修好了 | 着火点在哪里
谁能帮我开一下门 | Elevator is slow and noisy | elevator certificate expired | lift doors keep opening and closing
There was someone stuck in the lift yesterday but it has been fixed | gas stove burner does not ignite
We have no gas since this morning | Where do I find my gas meter? | the sink is leaking under the cabinet
toilet keeps running | leaking tap | shower drain clogged | low hot water temperature | AC remote not working
AC drips outside | light switch is loose | need new light bulbs | outlet cover is broken | circuit breaker tripped
smoke alarm low battery | fire door handle loose | fire drill noise | window crack | door squeaks
intercom has no sound | paint stains on the floor | wall has mould | cockroach in bathroom
noise from upstairs at night | someone throws parties every night | garbage bin is full | stairs are dirty
my parking spot is taken | the garage door is stuck | trees need cutting | gym machine is broken | package stolen
slow internet | could you send someone to look at the heater | Thank you for the quick repair | no leak anymore
is there any news about my ticket? | 煤气灶打不着 | 煤气没了要换罐 | 没有漏气 | 燃气安检什么时候来 | 电梯里面太脏
电梯运行有噪音 | 电梯门关得太快 | 电梯一直停在1楼不上来 | 电梯坏了要爬楼 | 电梯里没人,就是门开不了 | 厨房下水慢
卫生间水管滴水 | 水表漏水 | 水压小 | 太阳能漏水 | 空调漏水 | 空调有异味 | 家里插座没电 | 楼道灯坏了 | 电闸老跳
家里没网 | 门禁卡丢了要补办 | 房门锁不上 | 防盗门有响声 | 窗户玻璃裂了一条缝 | 地砖空鼓 | 外墙有裂缝 | 楼道堆杂物
垃圾堆了好几天 | 有老鼠 | 噪音扰民 | 停车位被占 | 消防栓漏水 | 消防栓门坏了 | 烟雾报警器响,没有着火 | 应急灯不亮
健身器材生锈 | 绿化带垃圾多 | 有人推销 | 监控不清楚 | 请问怎么交物业费 | 麻烦派人看一下热水器 | 谢谢,修得很好
The lift is out of service again | elevator mirror cracked | my stove is broken | gas meter replacement date
sink drains slowly | bathroom tap leaks | washing machine hose leaks a little | AC not cold | heater smells odd
lights flicker | outlet not working | fuse blown | front door is stuck | door lock jammed | ceiling paint peeling
small crack in ceiling | broken window | trash not picked up | bad smell in the hallway | mice in kitchen
dogs barking | loud music upstairs | car blocking my driveway | tree branch hanging over the fence
fire alarm chirps | fire door hinge squeaks | smoke from a neighbour's cigarette | intercom dead
the gym is too hot | water pressure low | when is the next fire drill | parcel locker won't open | mailbox key lost
"""

CATEGORIES = {
    "lift": """
电梯坏了 | lift not working
""",
    "gas": """
煤气灶打不着火 | no gas supply
""",
    "water": """
水龙头滴水 | 停水了 | 水压太小 | tap is dripping | low water pressure
""",
    "drainage": """
马桶堵了 | 下水道返臭 | 厨房地漏堵了,污水倒灌 | toilet is clogged | sink won't drain
""",
    "electricity": """
家里停电了 | 楼道灯不亮 | 插座没电 | 電燈壞了 | no power in the flat | corridor light is flickering
""",
    "heating_ac": """
暖气不热 | 没有热水 | 空调不制冷 | radiator is cold | no hot water | AC not cooling
""",
    "fire_safety": """
灭火器过期了 | 烟感报警器坏了 | fire extinguisher expired
""",
    "doors_windows": """
门禁刷不开 | 门锁坏了 | 窗户关不上 | front door lock is broken | key card does not work
""",
    "structure": """
墙面开裂 | 地砖松动 | 墙皮脱落 | crack in the wall | mould on the bedroom wall
""",
    "cleaning": """
楼道很脏没人打扫 | 垃圾桶满了 | rubbish not collected
""",
    "pests": """
家里有蟑螂 | 地下室有老鼠 | cockroaches in the kitchen | mice in the flat
""",
    "noise": """
楼上半夜太吵 | 隔壁装修噪音太大 | neighbours play loud music
""",
    "parking": """
车位被别人占了 | 车库道闸不抬杆 | car parked in my parking space
""",
    "greenery": """
草坪没人修剪 | grass needs mowing
""",
    "security": """
有小偷进小区 | 监控坏了 | someone broke into my storage
""",
    "network": """
宽带连不上网 | 可视对讲没声音 | ＷＩＦＩ连不上 | wifi not working
""",
    "equipment": """
健身器材坏了 | 水泵房机器声音异常 | washing machine in the laundry is broken
""",
    "other": """
物业费怎么交
""",
}


def sentences(block: str) -> list[str]:
    return [sentence for part in block.replace("\n", "|").split("|") if (sentence := part.strip())]

# ruff: noqa: E501 - tables: one rule, one line
"""Words that stand behind a number, and what they make of a 2 (两 or 二)."""

from __future__ import annotations

from .numbers import INTEGER, NUMBER, cardinal, count, digits, number
from .rule import Rule, rule

# Before these a bare 2 is 两. Longest first where one begins another.
MEASURES = (
    "个半|个|只|位|名|人|口|家|件|张|本|支|枝|份|条|根|块|把|台|部|辆|架|艘|列|座|栋楼|间|套|双|对|副|幅|棵|株|朵|颗|粒|片|瓶|"
    "杯|碗|盘|盒|箱|袋|包|桶|罐|听|打|批|组|群|排|行|串|束|堆|摊|滴|顿|餐|道|门|节|首|篇|句|封|则|项|宗|桩|笔|样|"
    "种|类|款|次(?!方|元)|回|趟|遍|场|轮|下|步|拳|脚|刀|枪|声|眼|票|席|处|所|户|层|册|页|段|幕|集|头|匹|尾|峰|"
    "年(?!级|代|纪)|天|周(?!目)|个月|星期|礼拜|小时|钟头|分钟|分(?!之)|秒|刻钟|岁|代人|辈|世纪|年|"
    "元(?!一次|二次|论|方程|旦|月)|圆|角|毛|美元|欧元|英镑|日元|港元|港币|人民币|块钱|"
    "公里|千米|米|厘米|毫米|微米|纳米|分米|英里|英尺|英寸|海里|光年|里|尺|寸|丈|亩|公顷|平方|立方|平米|"
    "吨|公斤|千克|斤|克|毫克|磅|升|毫升|加仑|摄氏度|华氏度|度|伏|瓦|安|赫兹|兆|倍|成(?!立|为|功)|折|半|"
    "万|亿|千(?!克|米|瓦)|百|支队伍|班人|拨|伙|股|缕|丝|匙|勺|捆|卷|扇|面|味|剂|针|管|具|尊|顶|床|重|方面|连(?=冠|胜|败)|"
    "国|州|省|市|县|区|村|校|队|军|院(?=院士)|者(?!$)|车|船|室|厅|卫|房|厢|厨|阳台|大|小(?!时)|老|强|旁|侧|端|边|岸|地|极|手(?=空|准备|抓)"
)
_TWO = rf"2(?![\d.,])(?=\s?(?:{MEASURES}))"

# Behind these words a number names something rather than counts: 二.
_NAMING = "[第初周]|地下|星期|礼拜|高|大|小|老|农历|正月|[零一二三四五六七八九十百千万]"

_WAN_RIGHT = (
    r"\+?\s?(?:粉|人|播放|阅读|用户|元|块|次|票|张|台|条|名|家|多|左右|以上|赞|点击|观看|浏览|销量|册|美金|美元)"
)
_WAN_LEFT = r"(?:年薪|月薪|粉丝|存款|收入|流量|播放量?|月入|年入|房价|首付|赚了?|亏了?|卖了|工资|预算|阅读量?|销量|破|超|近|高达|花了?|要价)[是为：:]?\s?"

TEN_THOUSANDS: tuple[Rule, ...] = (
    # 300w张 => 三百万张, 1.5w => 一点五万, 10w+ => 十万加
    rule(
        "counter.wan",
        "d",
        rf"({NUMBER})w(\+?)(?![A-Za-z0-9])",
        lambda m: count(m[1]) + "万" + ("加" if m[2] else ""),
        not_left=r"(?:功率|瓦|灯|电器|充电|快充)[^\d，。]{0,4}",
    ),
    # 100W+ => 一百万加
    rule("counter.wan_plus", "d", rf"({NUMBER})W\+(?![A-Za-z0-9])", lambda m: count(m[1]) + "万加"),
    # 年薪100W => 年薪一百万, 50W粉丝; but 60W is a power
    rule(
        "counter.wan_left",
        "d",
        rf"({NUMBER})W(\+?)(?![A-Za-z0-9])",
        lambda m: count(m[1]) + "万" + ("加" if m[2] else ""),
        left=_WAN_LEFT,
    ),
    rule("counter.wan_right", "d", rf"({NUMBER})W(?![A-Za-z0-9])", lambda m: count(m[1]) + "万", right=_WAN_RIGHT),
)

RULES: tuple[Rule, ...] = (
    # 2月 => 二月, 2号楼 => 二号楼, 2年级 => 二年级, 2楼 => 二楼, 2两 => 二两
    rule(
        "counter.name",
        "d",
        r"2(?=\s?(?:月|日|号|楼|层楼|年级|班|等|级|环|线|期|手|胎|型|维|进制|次方|次元|季度|婚|把手|战|审|审判|叔|哥|姐|两|者|区|单元|中|小区|院|营|团|师))",
        lambda m: cardinal(m[0]),
    ),
    # 第2个 => 第二个, 周2 => 周二, 初2 => 初二
    rule("ordinal.number", "d", INTEGER, lambda m: cardinal(m[0]), left=rf"(?:{_NAMING})\s?"),
    # 2、3个 => 两三个, 6、7岁 => 六七岁
    rule(
        "counter.about",
        "d",
        rf"([1-8])、([2-9])(?=\s?(?:{MEASURES}))",
        lambda m: (
            count(m[1]) + cardinal(m[2])
            if int(m[2]) == int(m[1]) + 1 and m[1] != "1"
            else ("一两" if m[0] == "1、2" else None)
        ),
        not_left=r"[\d、第.]\s?|[编序]号",
    ),
    # 2个 => 两个, 2万 => 两万, 2年后 => 两年后
    rule("counter.two", "d", _TWO, lambda m: count(m[0])),
    # 1米75 => 一米七五
    rule("counter.height", "d", r"\d\d(?!\d|\s?[a-zA-Z厘毫米个])", lambda m: digits(m[0]), left=r"\d\s?米\s?"),
    # 10几 => 十几, 100余 => 一百余, 20多 => 二十多
    rule("counter.some", "d", INTEGER, lambda m: cardinal(m[0]), right=r"\s?[几余多来]"),
    # 10+年经验 => 十多年经验, 60+个 => 六十多个
    rule(
        "counter.plus",
        "d",
        rf"({NUMBER})\s?\+(?=\s?[一-鿿])(?!\s?[\d一二三四五六七八九十])",
        lambda m: number(m[1]) + "多",
    ),
    # 8.5折 => 八点五折, 1,000 => 一千
    rule("cardinal", "d", NUMBER, lambda m: number(m[0])),
)

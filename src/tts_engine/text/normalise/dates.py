"""Years, dates and ranges of them: 2008-08-08, 8/16, 1949-1978年, 90后, 20世纪."""

from __future__ import annotations

from re import Match

from .clock import TIME, time_words
from .numbers import cardinal, digits
from .rule import Rule, rule

_Y = r"(?:1[0-9]|20|21)\d{2}"
_M = r"(?:1[0-2]|0?[1-9])"
_D = r"(?:3[01]|[12]\d|0?[1-9])"
_TO = r"\s?(?:-{1,2}|—{1,2}|~|到|至)\s?"
_YEAR_WORDS = r"\s?(?:年度|年代|年|财年|学年|赛季|级|届|款|版|春|夏|秋|冬)"
# Behind these words, or before those, a number of years is a length of time.
_LASTING = "距今|长达|历时|存在了|延续了|持续了|活了|已有|约有|近|约|超过|超|达|整整|有着|过去"
_LONG = r"\s?年(?:的?历史|之久|以上|文明|来|间|左右|[以之]?[前后](?!夕))"
_DATE_LEFT = (
    "日期|生日|截止|截至|发布于|时间|有效期至?|更新于?|周[一二三四五六日]|星期[一二三四五六日]|圣诞|出生|于|自|从|至"
)


def year_words(text: str) -> str:
    """A year by its digits: ``1998`` -> 一九九八."""
    return digits(text)


def _date(year: str | None, month: str | None, day: str | None) -> str:
    out = f"{digits(year)}年" if year else ""
    if month:
        out += f"{cardinal(month)}月"
    if day:
        out += f"{cardinal(day)}日"
    return out


def _ymd(match: Match[str]) -> str:
    return _date(match["y"], match["m"], match["d"])


def _ym(match: Match[str]) -> str:
    return _date(match["y"], match["m"], None)


def _md(match: Match[str]) -> str:
    return _date(None, match["m"], match["d"])


def _stamp(match: Match[str]) -> str:
    return _ymd(match) + time_words(match["t"])


def _ymd_range(match: Match[str]) -> str:
    return _ymd(match) + "至" + _date(match["y2"], match["m2"], match["d2"])


def _year(match: Match[str]) -> str | None:
    return digits(match["y"])


def _year_range(match: Match[str]) -> str | None:
    first, last = match[1], match[2]
    if (
        len(first) == len(last)
        and int(first) > int(last)
        and "前" not in match.string[max(0, match.start() - 3) : match.start()]
    ):
        return None
    return f"{digits(first)}到{digits(last)}"


_SEP = r"(?P<s>[-/.])"
_ISO = rf"(?P<y>{_Y}){_SEP}(?P<m>{_M})(?P=s)(?P<d>{_D})(?![-/.]?\d)"
_END = r"(?![-/.:]?\d)(?!\s?[A-Za-z%°℃])"

RULES: tuple[Rule, ...] = (
    # 2025-05-20T10:20:30 => 二零二五年五月二十日十点二十分三十秒
    rule("date.stamp", "d", rf"(?P<y>{_Y})-(?P<m>{_M})-(?P<d>{_D})T(?P<t>{TIME})(?:Z|[+-]\d\d:?\d\d)?", _stamp),
    # 2025-06-10~2025-06-20 => 二零二五年六月十日至二零二五年六月二十日
    rule(
        "date.range",
        "d",
        rf"(?P<y>{_Y}){_SEP}(?P<m>{_M})(?P=s)(?P<d>{_D})\s?(?:-{{1,2}}|—{{1,2}}|~|到|至)\s?"
        rf"(?:(?P<y2>{_Y})(?P=s))?(?P<m2>{_M})(?P=s)(?P<d2>{_D}){_END}",
        _ymd_range,
    ),
    # 2008-08-08, 2008/8/8, 2008.08.08 => 二零零八年八月八日
    rule("date.iso", "d", _ISO, _ymd),
    # 20080808日 is left alone; 12/31/2025, 08-08-2008 => 二零零八年八月八日
    rule("date.us", "d", rf"(?P<m>{_M}){_SEP}(?P<d>{_D})(?P=s)(?P<y>{_Y}){_END}", _ymd),
    # 31/12/2025 => 二零二五年十二月三十一日
    rule("date.uk", "d", rf"(?P<d>{_D}){_SEP}(?P<m>{_M})(?P=s)(?P<y>{_Y}){_END}", _ymd),
    # 2008-08, 2002/01, 2008.08 => 二零零八年八月
    rule(
        "date.year_month",
        "d",
        rf"(?P<y>(?:19|20)\d\d)[-/.](?P<m>0[1-9]|1[0-2]){_END}(?!\s?[元万亿个米分次人点倍折])",
        _ym,
    ),
    # 2024/5月 => 二零二四年五月
    rule(
        "date.year_month_word",
        "d",
        rf"(?P<y>(?:19|20)\d\d)[-/.](?P<m>{_M})(?=\s?月)",
        lambda m: f"{digits(m['y'])}年{cardinal(m['m'])}",
    ),
    # 08-2008, 08/2008 => 二零零八年八月
    rule("date.month_year", "d", rf"(?P<m>0[1-9]|1[0-2])[-/.](?P<y>(?:19|20)\d\d){_END}", _ym),
    # 08-08, 08/08, 08.08 => 八月八日
    rule(
        "date.padded",
        "d",
        rf"(?P<m>0[1-9])(?P<s>[-/.])(?P<d>0[1-9]|[12]\d|3[01]){_END}(?!\s?[元万亿个米分次人])",
        _md,
        not_left=r"\d:|[-\d./A-Za-z]",
    ),
    # 12/25 => 十二月二十五日, but 占3/16 => 占十六分之三
    rule(
        "date.slash",
        "d",
        rf"(?P<m>1[0-2])/(?P<d>1[3-9]|2\d|3[01]){_END}(?!\s?[的之英])",
        _md,
        not_left=r"[占约的为/\d]\s?|其中|余下|剩下|[=+×÷]\s?|得分|评分",
    ),
    # 生日8/16 => 生日八月十六日
    rule(
        "date.slash_labelled",
        "d",
        rf"(?P<m>{_M})/(?P<d>{_D}){_END}",
        _md,
        left=rf"(?:{_DATE_LEFT})[是为在:：\s]{{0,2}}",
        right=r"\s?(?:$|[一-鿿，。、；！？）)~-])(?!的)",
    ),
    # 8月16-18日 => 八月十六到十八日
    rule(
        "date.day_range",
        "d",
        rf"({_D})\s?(?:-{{1,2}}|—{{1,2}}|~)\s?({_D})(?=\s?[日号])",
        lambda m: f"{cardinal(m[1])}到{cardinal(m[2])}",
    ),
    # 3-5月 => 三到五月
    rule(
        "date.month_range",
        "d",
        rf"({_M})\s?(?:-{{1,2}}|—{{1,2}}|~)\s?({_M})(?=\s?月)",
        lambda m: f"{cardinal(m[1])}到{cardinal(m[2])}",
    ),
    # 09月01日 => 九月一日
    rule("date.padded_part", "d", r"0\d(?=\s?[月日号])", lambda m: cardinal(m[0]), not_left=r"\d"),
    # 20080808 with 日期 before it => 二零零八年八月八日
    rule(
        "date.compact",
        "d",
        r"(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?!\d)",
        _ymd,
        left="(?:日期|生日|出生|截至|截止)[是为于至:：\\s]{0,3}",
    ),
    # 3·15 => 三一五, 9·11 => 九一一
    rule("date.memorial", "d", r"(\d{1,2})[·•・](\d{1,2})(?![\d.])", lambda m: digits(m[1] + m[2])),
    # 1949-1978年 => 一九四九到一九七八年, 618-907年 => 六一八到九零七年
    rule(
        "year.range", "d", rf"(\d{{4}}|\d{{3}})(?:\s?年)?{_TO}(\d{{4}}|\d{{3}})(?=\s?年)", _year_range, not_right=_LONG
    ),
    # 2008-09赛季, 2023-24赛季 => 二零二三到二四赛季
    rule(
        "year.season",
        "d",
        r"((?:19|20)\d\d)\s?[-/~—]\s?(\d\d|(?:19|20)\d\d)(?=\s?(?:赛季|学年|财年|年度))",
        lambda m: f"{digits(m[1])}到{digits(m[2])}",
    ),
    # 2020-2025 => 二零二零到二零二五, when both look like years and go forward
    rule(
        "year.bare_range",
        "d",
        r"((?:1[5-9]|20)\d\d)\s?(?:-|—{1,2}|~)\s?((?:1[5-9]|20)\d\d)(?![\d.%-])(?!\s?(?:[元个米人次条件台万亿克吨篇字页]|[A-Za-z]))",
        _year_range,
        not_left=r"\d:|[-\d.A-Za-z/¥$€£]|电话|编号|号码|页码?|第",
    ),
    # 从1998到2008 => 从一九九八到二零零八
    rule("year.from", "d", r"(?:19|20)\d\d(?=\s?[到至]\s?(?:19|20)\d\d(?!\d))", lambda m: digits(m[0])),
    rule(
        "year.until",
        "d",
        r"(?:19|20)\d\d(?![\d.])(?!\s?[元个米人次条件台万亿克吨篇字页%])",
        lambda m: digits(m[0]),
        left=r"(?:19|20)\d\d\s?[到至]\s?",
    ),
    # 1500年历史 => 一千五百年历史, 2000年前 => 两千年前, 距今3000年 => 距今三千年
    rule("year.length", "d", r"[1-9](?:\d?00|000)(?![\d.,])", lambda m: cardinal(m[0]), right=_LONG),
    rule(
        "year.length_word",
        "d",
        r"\d{3,4}(?![\d.,])(?=\s?年)",
        lambda m: cardinal(m[0]),
        left=rf"(?:{_LASTING})\s?",
        right=r"\s?年(?!\d|第|[春夏秋冬初底末]|全年|上半|下半|[一二三四]季|\s?\d+\s?月)",
    ),
    # 1865年历史 => 一千八百六十五年历史
    rule(
        "year.length_history",
        "d",
        r"\d{3,4}(?![\d.,])",
        lambda m: cardinal(m[0]),
        right=r"\s?(?:多|余)?年(?:的?(?:悠久)?历史|之久)",
    ),
    # 唐朝（618-907） => 六一八到九零七
    rule(
        "year.dynasty",
        "d",
        r"(\d{3,4})\s?[-~—]{1,2}\s?(\d{3,4})(?=年?[）)])",
        lambda m: f"{digits(m[1])}到{digits(m[2])}",
        left=r"[朝代国帝宗王祖晋宋元明清汉唐魏隋]\s?[（(]\s?(?:公元)?",
    ),
    # 公元前221年 => 公元前二二一年, 公元618年
    rule(
        "year.era",
        "d",
        r"\d{2,4}(?![\d.,])(?=\s?年)",
        lambda m: digits(m[0]) if len(m[0]) > 2 else cardinal(m[0]),
        left=r"公元前?|西元前?|(?<!之)(?<!以)(?<!目)前|民国",
    ),
    # 1000年 => 一千年
    rule("year.thousand", "d", r"1000(?=\s?年)", "一千", not_left=r"[\d.]"),
    # 98届毕业生 => 九八届, 98级新生
    rule(
        "year.cohort",
        "d",
        r"[6-9]\d(?=\s?届|\s?级(?:的?(?:学生|新生|毕业|校友|同学|学员|研究生|本科)))",
        lambda m: digits(m[0]),
        not_left=r"[\d.,第]\s?",
    ),
    # 1998年 => 一九九八年, 2012级 => 二零一二级, 2024款 => 二零二四款
    rule(
        "year.four",
        "d",
        rf"(?P<y>\d{{4}})(?![\d.,])(?={_YEAR_WORDS})",
        lambda m: digits(m["y"]) if m["y"][0] in "12" else None,
        not_right=r"\s?(?:级地震|年历史|版本|款项|版面)",
    ),
    # 3000年 => 三千年
    # 08年 => 零八年, 05级 => 零五级
    rule("year.padded", "d", r"0\d(?=\s?(?:年|级|届|款|后))", lambda m: digits(m[0]), not_left=r"[\d.]"),
    # 98年 => 九八年, but 活了98年 => 活了九十八年
    rule(
        "year.two",
        "d",
        r"[6-9]\d(?=\s?年(?!代|来|间|后|前|以|之|多|的历史|历史|如一|级|龄|了|的时间|[，,]?(?:增|减)))",
        lambda m: digits(m[0]),
        left=r"(?:^|[\n，。；、！？（(：:“\"]|[于在从自到至和与]|上世纪|当年|那是)\s?",
    ),
    # 24年3月 => 二四年三月
    rule(
        "year.two_month",
        "d",
        r"\d\d(?=\s?年\s?(?:\d{1,2}|[一二三四五六七八九十]{1,2})\s?月(?!\d))",
        lambda m: digits(m[0]),
        not_left=r"[\d.,第共达近约满有过了]\s?",
    ),
    # 11.11购物节 => 双十一购物节
    rule(
        "date.double", "d", r"(11|12)\.\1(?=\s?(?:购物|大促|促销|狂欢|活动|电商|预售))", lambda m: "双" + cardinal(m[1])
    ),
    # 5.1劳动节 => 五一劳动节
    rule(
        "date.holiday",
        "d",
        r"(\d{1,2})\.(\d{1,2})(?=\s?(?:劳动节|国际劳动节|国庆|儿童节|青年节|建党节|建军节|妇女节|植树节|小长假|黄金周|购物节|消费者|维权))",
        lambda m: cardinal(m[1]) + cardinal(m[2]),
    ),
    # 90后 => 九零后, 00后 => 零零后, 95后
    rule(
        "year.generation",
        "d",
        r"[0-9][05](?=后(?!来|面|的\d|[会天年续期退可半]))",
        lambda m: digits(m[0]),
        not_left=r"\d:|[\d.,-]|[约近达过了]\s?",
    ),
    # 1990年代 => handled by year.four; 90年代 => 九十年代; 1980s => 一九八零年代
    rule("year.decade", "d", r"((?:1[0-9]|20)\d0)\s?'?s(?![A-Za-z])", lambda m: digits(m[1]) + "年代"),
    rule("year.decade_two", "d", r"00(?=\s?年代)", "零零"),
    # 2025Q1 => 二零二五Q一, 2024H2 => 二零二四H二
    rule(
        "year.quarter",
        "d",
        r"((?:19|20)\d\d)\s?([QH])([1-4])(?![\dA-Za-z])",
        lambda m: digits(m[1]) + m[2] + digits(m[3]),
    ),
    # ©2023 => 二零二三, （2021）粤01民终 => 二零二一
    rule(
        "year.bracketed",
        "d",
        r"(?:19|20)\d\d(?![\d.,])",
        lambda m: digits(m[0]),
        left=r"©\s?|[（(\[〔【]",
        right=r"\s?(?:[）)\]〕】]|[A-Z一-鿿](?<![元个米人次条件台万亿克吨篇字页家名位]))",
    ),
    # 98世界杯 => 九八世界杯
    rule(
        "year.event_two",
        "d",
        r"[0-9]\d(?=\s?(?:世界杯|奥运|亚运|欧洲杯|春晚|抗洪))",
        lambda m: digits(m[0]),
        not_left=r"[\d.]",
    ),
    # 2024奥运会 => 二零二四奥运会
    rule(
        "year.event",
        "d",
        r"(?:19|20)\d\d(?=\s?(?:[一-鿿]{0,4}(?:奥运|世界杯|亚运|冬奥|世博|欧洲杯|残奥)|奥运|世界杯|欧洲杯|亚运|冬奥|全运|高考|考研|春晚|世博|亚洲杯|中国|全国|全球|国际|世界|新款|元旦|国庆|双十一|双11|秋招|春招|央视))",
        lambda m: digits(m[0]),
        not_left=r"\d:|[\d.共有达第]",
    ),
)

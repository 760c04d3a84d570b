"""Years by their digits, lengths of time in years, decades and generations: 1949-1978年, 距今3000年, 90后."""

from __future__ import annotations

from re import Match

from .numbers import cardinal, digits
from .rule import Rule, rule

_TO = r"\s?(?:-{1,2}|—{1,2}|~|到|至)\s?"
_YEAR_WORDS = r"\s?(?:年度|年代|年|财年|学年|赛季|级|届|款|版|春|夏|秋|冬)"
# Behind these words, or before those, a number of years is a length of time.
_LASTING = "距今|长达|历时|存在了|延续了|持续了|活了|已有|约有|近|约|超过|超|达|整整|有着|过去"
_LONG = r"\s?年(?:的?历史|之久|以上|文明|来|间|左右|[以之]?[前后](?!夕))"


def _year_range(match: Match[str]) -> str | None:
    """Two years; one that goes back is a range only before our era (公元前221-207年)."""
    first, last = match[1], match[2]
    before = match.string[max(0, match.start() - 3) : match.start()]
    if len(first) == len(last) and int(first) > int(last) and "前" not in before:
        return None
    return f"{digits(first)}到{digits(last)}"


RULES: tuple[Rule, ...] = (
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
    # 1930-40年代 => 一九三零到四零年代
    rule("year.decades", "d", rf"((?:1[5-9]|20)\d0){_TO}(\d0)(?=\s?年代)", lambda m: f"{digits(m[1])}到{digits(m[2])}"),
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

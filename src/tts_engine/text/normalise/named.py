"""Numbers that are names: 985, 211, 996, 618, 315, 520, and the numbers of classes and titles."""

from __future__ import annotations

from .numbers import cardinal, digits
from .rule import Rule, rule

_SCHOOL = r"\s?(?:[、/和与，,及]?\s?(?:985|211)|院校|高校|大学|工程|名校|学校|毕业|本科|研究生|硕士)"

RULES: tuple[Rule, ...] = (
    # 985、211高校 => 九八五、二一一高校
    rule("named.school", "d", r"(?:985|211)(?![\d.])", lambda m: digits(m[0]), right=_SCHOOL),
    # 985/211
    rule(
        "named.school_pair",
        "d",
        r"(?:985|211)(?![\d.])",
        lambda m: digits(m[0]),
        left=r"(?:985|211)\s?[/、和与，,及]\s?",
    ),
    # 996工作制 => 九九六工作制, 007
    rule(
        "named.work",
        "d",
        r"(?:996|997|955)(?![\d.])",
        lambda m: digits(m[0]),
        right=r"\s?(?:工作|制|福报|加班|模式|、|是)",
    ),
    # 618大促, 双11、618 => 六一八
    rule(
        "named.sale",
        "d",
        r"618(?![\d.])",
        lambda m: digits(m[0]),
        right=r"\s?(?:大促|购物|年中|活动|电商|期间|狂欢|促销|来|当天|战)",
    ),
    # 315晚会 => 三一五晚会
    rule("named.consumer", "d", r"315(?![\d.])", lambda m: digits(m[0]), right=r"\s?(?:晚会|消费|维权|打假|曝光)"),
    # 520表白 => 五二零表白
    rule(
        "named.love",
        "d",
        r"(?:520|1314|521)(?![\d.])",
        lambda m: digits(m[0]),
        right=r"\s?(?:表白|情人|快乐|礼物|当天|告白|求婚|红包|领证|1314)",
    ),
    # 404页面 => 四零四页面, 1024程序员节 => 一零二四程序员节
    rule(
        "named.code",
        "d",
        r"(?:404|403|500|502|503)(?![\d.])(?=\s?(?:页面|错误|报错|状态码|[Ee]rror))|1024(?=程序员)",
        lambda m: digits(m[0]),
    ),
    # 802.11ac => 八零二点一一ac
    rule(
        "named.wifi", "d", r"802\.\d{1,2}", lambda m: digits(m[0]).replace(".", "点"), right=r"[a-z]{1,2}(?![A-Za-z])"
    ),
    # 301医院 => 三零一医院, 798艺术区, 731部队
    rule(
        "named.place",
        "d",
        r"[1-9]\d{2}(?=(?:医院|艺术区|部队|兵工厂|研究所|高地|电台|监狱))",
        lambda m: digits(m[0]),
        not_left=r"[\d.共有近约达]\s?",
    ),
    # 3-2班 => 三二班
    rule("named.class", "d", r"([1-9])-(\d{1,2})(?=\s?班)", lambda m: cardinal(m[1]) + cardinal(m[2])),
    # 《1984》 => 一九八四
    rule("named.title", "d", r"(?:1[5-9]|20)\d\d(?=》)", lambda m: digits(m[0]), left="《"),
)

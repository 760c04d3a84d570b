# ruff: noqa: E501 - tables: one rule, one line
"""Telephone numbers and short service numbers, with 幺 for 1: 138 1234 5678, 010-64035547, 110."""

from __future__ import annotations

from re import Match

from .numbers import phone_digits
from .rule import Rule, rule

_CALL = "电话|手机|座机|热线|传真|拨打|拨|致电|打给|来电|call|Call|Tel|TEL|tel|专线|客服|咨询|短信|发送|号码|联系方式|固话|呼叫"
_SHORT = "110|119|120|122|114|117|121|123(?:05|06|15|20|28|33|36|45|48|55|56|58|66|78|80|88|95|98)|100(?:86|10|00|01|15|50)|12121|12117|11185|11183|955\\d{2}|96\\d{3,4}|12\\d{3}"


def _spoken(match: Match[str]) -> str:
    text = match[0]
    out = "".join(char for char in text if char.isdigit())
    return ("加" if text.lstrip("（(").startswith("+") else "") + phone_digits(out)


def _extension(match: Match[str]) -> str:
    return phone_digits("".join(char for char in match[1] if char.isdigit())) + "转" + phone_digits(match[2])


RULES: tuple[Rule, ...] = (
    # 010-64035547-801, 64035547转801 => ...转八零幺
    rule("phone.extension", "d", r"(0\d{2,3}[- ]?\d{7,8})\s?(?:-|转|ext\.?)\s?(\d{1,6})(?!\d)", _extension),
    # +86 138-1234-5678 => 加八六幺三八幺二三四五六七八
    rule(
        "phone.mobile",
        "ds",
        r"(?:[（(]?\+?86[）)]?[- ]?)?1[3-9]\d(?:\d{8}|([- ])\d{4}\1\d{4})(?!\d|\.\d)",
        _spoken,
        not_left=r"[\d.]",
    ),
    # 138****5678 => 幺三八星号五六七八
    rule(
        "phone.masked",
        "d",
        r"(1[3-9]\d)[*xX]{4}(\d{4})(?!\d)",
        lambda m: f"{phone_digits(m[1])}某某某某{phone_digits(m[2])}",
    ),
    # 010-64035547 => 零幺零六四零三五五四七, (021)22345678
    rule(
        "phone.landline",
        "ds",
        r"(?:\+86[- ]?)?(?:[（(]0\d{2,3}[）)][- ]?|0\d{2,3}[- ])\d{3,4}[- ]?\d{4}(?!\d)|0(?:10|2\d|[3-9]\d{2})\d{8}(?!\d)",
        _spoken,
        not_left=r"[\d.]",
    ),
    # 400-800-8820 => 四零零八零零八八二零
    rule(
        "phone.service",
        "d",
        r"[48]00[- ]?\d{3}[- ]?\d{4}(?!\d)|[48]00[- ]\d{4}[- ]\d{3}(?!\d)",
        _spoken,
        not_left=r"[\d.]",
    ),
    # 前台电话 87654321, 拨打1010 6666 => digits
    rule(
        "phone.labelled",
        "ds",
        r"\+?\d[\d -]{1,18}\d(?![\d.%])(?!\s?[个人次元万亿件部台名分秒位家小天年条])",
        _spoken,
        left=rf"(?:{_CALL})[是为号码个到给了：:\s]{{0,4}}(?:\+86)?",
        not_left=r"(?:身份证|证件|护照|订单|银行卡|卡|账户|发票|合同|车牌|批|编|型)号?码?[是为：:\s]{0,3}",
    ),
    # 固话0591-23865596或23880880 => the second number too
    rule(
        "phone.second",
        "d",
        r"\d{7,8}(?![\d.,])",
        _spoken,
        left=r"\d{7,11}\s?(?:或者?|、|，|,|/|和|及|；|;)\s?",
        not_right=r"\s?[个人次元万亿件部台名分秒位家]",
    ),
    # 打110, 拨12306 => 幺二三零六
    rule(
        "phone.short",
        "d",
        rf"(?:{_SHORT})(?![\d.,%:/-])",
        lambda m: phone_digits(m[0]),
        left="(?:打|拨|呼|叫|按|给|向|到|发|找|通过|联系|上|用)(?:打|通|叫|了|个|至|到)?\\s?",
        not_right=r"\s?(?:个|人|次|元|万|亿|件|部|台|名|分|秒|位|家|小|天|年|条|米|公|千|斤|周|度|多|余|岁|号|[+×÷=A-Za-z])",
    ),
    # 110报警, 120急救, 12306网站 => digits
    rule(
        "phone.short_owner",
        "d",
        rf"(?:{_SHORT})(?!\d)",
        lambda m: phone_digits(m[0]),
        right=r"\s?(?:报警|急救|火警|救护|热线|电话|平台|客服|网站|官网|APP|指挥|接警|出警|中心|查号|专线|投诉|APP|短信|接线|接处警|民警)",
        not_left=r"[\d.A-Za-z]",
    ),
    # 110 alone
    rule(
        "phone.short_alone",
        "d",
        r"(?:110|119|114|12306|12315)(?![\d.,:/%-])",
        lambda m: phone_digits(m[0]),
        not_left=r"[\d.A-Za-z$¥€£第共约达为是]\s?",
        right=r"\s*(?:$|[\n，。！？、；])",
    ),
)

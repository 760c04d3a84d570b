# ruff: noqa: E501 - tables: one rule, one line
"""Numbers that name things: cards, accounts, orders, codes, plates, rooms, flights; read digit by digit.

幺 for 1 where people dictate the number to each other (cards, accounts, identity, codes, passwords), 一 where it is
printed on the thing (plates, flights, passports, orders, postcodes).
"""

from __future__ import annotations

import re
from re import Match

from .numbers import cardinal, digits, phone_digits
from .rule import Rule, rule

_DICTATED = (
    "卡号|账号|帐号|账户|行号|尾号|户号|身份证|证件号|号码|代码|验证码|校验码|密码|口令|识别码|编码|注册号|证号|许可证|税号|信用代码|QQ群?|群号|微信号?|微信群|"
    "工号|学号|考号|准考证|社保号?|序列号|设备号|商标|会员号|客户号|股票|证券|基金|房间号?|门牌号?|暗号|房号|群聊|直播间|频道|验证|提取码|邀请码|兑换码|交易码|授权码|动态码|取件码|取货码"
)
_PRINTED = (
    "护照号?|车牌号?|车号|航班号?|订单号?|单号|物流|快递|邮编|邮政编码|编号|编码|序号|批号|合同号|发票号?|流水号|条形码|条码|案号|货号|端口号?|档案号?|"
    "登记号|备案号?|备字|文号|图号|凭证号?|追踪号|运单号?|票号|保单号?|专利号|批准文号|国药准字|机号|版本号|车次|坐标|书号|刊号|№"
)
_LATIN_DICTATED = r"(?<![A-Za-z])(?:PIN|pin|IBAN|BIC|qq)"
_LATIN_PRINTED = r"(?<![A-Za-z])(?:ISBN|ISSN|isbn|DOI|ID|id|uid|UID|OR|NO\.?|No\.?)"
_LINK = r"(?:前[一二三四五六七八九十\d]{1,2}位|后[一二三四五六七八九十\d]{1,2}位|末[一二三四五六七八九十\d]{1,2}位|开头|尾数|片段|是|为|叫|即|如下|标的|[：:\s（(\"“#])*"
_TOKEN = r"(?=[A-Za-z]*\d[- A-Za-z]{0,3}\d)[A-Za-z]{0,6}\d(?:[A-Za-z\d]|[- ](?=[A-Za-z]*\d{3,}|\d[\d -]*\d{3}))*(?![A-Za-z])(?!\.\d)"
_COUNTED = r"\s?(?:个|人|次|元|万|亿|件|部|台|名|位(?!数)|家|小时|天|年|条|米|平|公里|千|斤|周|度|岁|分钟|秒|款|种|张|股|手|行(?!号)|单|块|页|字|只|组|套|栋|户|笔|份|批|倍|毫|厘|辆|艘|架|把|对|双|本|项|场|封|条|层|%|‰|℃|月|日)"
_UNITLIKE = r"\s?[A-Za-zμΩ°%]"
_PLATE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领"
_FLIGHT = "CA|MU|CZ|HU|ZH|MF|FM|SC|3U|9C|HO|KN|GS|8L|JD|G5|EU|BK|PN|TV|NS|KY|QW|CN|DZ|UQ|GJ|AQ|GX|RY|CX|KA|CI|BR|NH|JL|KE|OZ|SQ|UA|DL|AA|BA|AF|LH|EK|QR|TG"


def _joined(text: str) -> str:
    return re.sub(r"(?<=\d)[ -](?=\d)", "", text)


def _dictated(match: Match[str]) -> str:
    return phone_digits(_joined(match[0]))


def _printed(match: Match[str]) -> str:
    return digits(_joined(match[0]))


def _identity(match: Match[str]) -> str:
    text = match[0]
    return phone_digits(text[:6]) + digits(text[6:14]) + phone_digits(text[14:])


def _has_length(match: Match[str], least: int) -> bool:
    return sum(char.isdigit() for char in match[0]) >= least


RULES: tuple[Rule, ...] = (
    # 身份证号 110102199503071234 => 幺幺零幺零二一九九五零三零七幺二三四: place and number dictated, the birthday plain
    rule("id.identity", "d", r"[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])\d{5}[\dXx](?![\dA-Za-z])", _identity),
    rule(
        "id.identity_part",
        "d",
        r"[1-8]\d{5}(?:(?:19|20)\d{2}\d{0,8}[\dXx]?)?(?![\dA-Za-z])",
        _identity,
        left=r"身份证[^\d，。；,;]{0,8}",
    ),
    # 账号001-234567-890 => 零零一杠二三四五六七杠八九零
    rule(
        "id.grouped",
        "d",
        r"\d{2,}(?:-\d{2,}){1,4}(?![\d-])",
        lambda m: digits(m[0].replace("-", "杠")),
        left=r"(?:账号|帐号|账户|户号|编号|单号|案号|书号|ISBN|序列号)[是为：:\s]{0,3}",
    ),
    # 编号A-103 => 编号A一零三, 房间号A-201
    rule(
        "id.dashed",
        "a",
        r"([A-Za-z]{1,4})[-—](\d{2,})(?![\d.-])",
        lambda m: m[1] + (digits(m[2]) if len(m[2]) > 2 or m[2][0] == "0" else cardinal(m[2])),
        left=rf"(?:{_DICTATED}|{_PRINTED}|房间|教室|会议室|座位|货架|仓库){_LINK}",
    ),
    # 车牌号粤 A12346 => 粤A一二三四六, 沪A·12345, 京A12345
    rule(
        "id.plate",
        "a",
        r"([A-Z])\s?[·•・]?\s?([A-Z0-9]{4,6})(?![A-Za-z0-9])",
        lambda m: m[1] + digits(m[2]) if re.search(r"\d", m[2]) else None,
        left=rf"[{_PLATE}]\s?",
        not_left=rf"(?:账号|帐号|证)[：:是为\s]{{0,3}}[{_PLATE}]\s?",
    ),
    # 账号京A12345678 => 京A幺二三...
    rule(
        "id.plate_account",
        "a",
        r"[A-Z]\d{6,}(?![A-Za-z0-9])",
        _dictated,
        left=rf"(?:账号|帐号|证)[：:是为\s]{{0,3}}[{_PLATE}]\s?",
    ),
    # 航班CA1850 => CA一八五零, MU2501
    rule("id.flight", "ad", rf"(?:{_FLIGHT})\d{{3,4}}(?![\dA-Za-z.])", lambda m: digits(m[0]), not_left=r"[A-Za-z\d-]"),
    rule(
        "id.flight_spaced",
        "ad",
        rf"(?:{_FLIGHT})\s?\d{{3,4}}(?![\dA-Za-z.])",
        lambda m: digits(m[0]),
        left=r"(?:航班|乘坐|搭乘|航空|东航|国航|南航|海航)[号是为：:]{0,2}\s?",
        not_right=_UNITLIKE,
    ),
    # G1234次 => G一二三四次, 高铁G7 => G七
    rule(
        "id.train",
        "a",
        r"([GDCKTZYSL])(\d{1,4})(?![\dA-Za-z.])",
        lambda m: m[1] + (phone_digits(m[2]) if len(m[2]) > 2 else cardinal(m[2])),
        right=r"\s?(?:次|列车|动车|高铁|车次)",
    ),
    rule(
        "id.train_left",
        "a",
        r"([GDCKTZYSL])(\d{1,4})(?![\dA-Za-z.])",
        lambda m: m[1] + (phone_digits(m[2]) if len(m[2]) > 2 else cardinal(m[2])),
        left=r"(?:列车|动车|高铁|车次|火车|乘坐|乘|坐)(?:是|为)?\s?",
        not_left=r"地铁[^，。]{0,4}",
    ),
    # 护照号是 P12345678 => P一二三四五六七八, 订单编号 ODR2025...
    rule(
        "id.printed",
        "ad",
        _TOKEN,
        lambda m: _printed(m) if _has_length(m, 2) else None,
        left=rf"(?:{_PRINTED}|{_LATIN_PRINTED})(?:编号|号码|号)?{_LINK}",
        not_right=_COUNTED,
        not_left=r"股票|基金代码|[A-Za-z\d]",
    ),
    # 卡号: 4662 0310 0000 7890 => 四六六二零三幺零零零零零七八九零, 尾号1702
    rule(
        "id.dictated",
        "ad",
        _TOKEN,
        lambda m: _dictated(m) if _has_length(m, 2) else None,
        left=rf"(?:{_DICTATED}|{_LATIN_DICTATED})(?:编号|号码|号)?{_LINK}",
        not_right=_COUNTED,
    ),
    # 号码包含 220104..., 他的身份证有 4101...
    rule(
        "id.mentioned",
        "d",
        r"\d{6,18}[Xx]?(?![\d.])",
        _dictated,
        left=r"(?:身份证|号码|证件|账户|卡)[^\d，。；,;]{0,8}",
        not_right=_COUNTED,
    ),
    # 第 35 类 1234567 号 => 幺二三四五六七号
    rule("id.number_of", "d", r"\d{5,}(?![\d.,])(?=\s?号)", _dictated, not_left=r"第\s?"),
    # 查询请输 2025073010002 => digits; nobody counts so far
    rule("id.long", "d", r"\d{9,}(?![\d.,])", _printed, not_right=rf"{_COUNTED}|\s?[×+=*÷]"),
    rule("id.long_groups", "d", r"\d{4}(?: \d{4}){2,4}(?: \d{1,4})?(?!\d)", _dictated),
    # 深圳福田区 518000 => 五一八零零零
    rule(
        "id.postcode",
        "d",
        r"[0-8]\d{5}(?![\d.,])",
        _printed,
        left=r"[省市区县镇乡州旗]\s?",
        right=r"\s*(?:$|[，。；、！？）)\n])",
    ),
    # 创业板ETF159915 => ETF幺五九九幺五
    rule("id.fund", "a", r"(?:ETF|LOF|REITs?)\s?\d{6}(?!\d)", lambda m: phone_digits(m[0])),
    # 日经225ETF => 日经二百二十五ETF
    rule("id.index", "d", r"\d{2,4}(?=\s?(?:ETF|LOF))", lambda m: cardinal(m[0])),
    # Fs:987654 => Fs九八七六五四
    rule(
        "id.latin_label",
        "d",
        r"\d{5,}(?![\d.,])",
        lambda m: digits(m[0]),
        left=r"[A-Za-z]{1,8}[:#]\s?",
        not_right=_COUNTED,
    ),
    # 恒生医药513060, 创业板ETF159915 => 五幺三零六零
    rule(
        "id.security",
        "d",
        r"(?:00[0-3]|30[01]|60[0135]|68[89]|5[0-68]\d|15\d|16\d|43\d|83\d|87\d|90\d|20\d)\d{3}(?![\d.,])",
        lambda m: _dictated(m) if not m[0].endswith("00") else None,
        left=r"[一-鿿A-Za-z（(]\s?",
        not_left=r"(?:共|有|达|约|为|是|到|近|至|增|减|过|计|于|了|超|仅|第|均|约为|产|销|售|量|数|额|值|价|长)\s?",
        right=r"\s*(?:$|[，。；、！？）)\n]|今日|今天|涨|跌|收)",
    ),
    # 3号楼2单元501 => 五零幺... the room behind its building
    rule(
        "id.room_behind",
        "d",
        r"[1-9]\d{2,3}(?![\d.,])",
        lambda m: phone_digits(m[0]),
        left=r"(?:单元|号楼|号院|[栋幢座])\s?",
        not_right=_COUNTED,
    ),
    # 600036.SH => 六零零零三六点SH
    rule("id.listed", "d", r"(\d{4,6})\.(?=(?:SH|SZ|HK|BJ|SS|US)(?![A-Za-z]))", lambda m: phone_digits(m[1]) + "点"),
    # 501室 => 五零一室, 1203房
    rule(
        "id.room",
        "d",
        r"[1-9]\d?0\d(?=\s?(?:室|房|教室|会议室|包厢|包间|房间|病房|宿舍|寝室))",
        lambda m: phone_digits(m[0]),
    ),
    rule(
        "id.room_any",
        "d",
        r"[1-9]\d{2,3}(?![\d.,])(?=\s?(?:室|房间|病房|教室|会议室|宿舍|寝室|包厢|包间))",
        lambda m: phone_digits(m[0]),
        not_left=r"[有共的建达约]\s?",
    ),
    # 101路公交 is a line: 一零一路; 307国道 => 三零七国道
    rule(
        "id.route",
        "d",
        r"[1-9]\d{2}(?![\d.,])(?=\s?(?:路(?:公交|车|汽车|电车|上|下|[，。]|$)|国道|省道|高地|航班))",
        lambda m: digits(m[0]),
    ),
    # 007 => 零零七, 0123 => leading zeros are never a quantity
    rule("id.padded", "d", r"0\d+(?![\d.,])", lambda m: digits(m[0]), not_left=r"[\d.]", not_right=r"\.\d|\s?[:/]"),
)

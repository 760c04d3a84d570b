"""Signs that are silent, or read only in certain places: ™, ©, §, →, &, /, control characters."""

from __future__ import annotations

from .rule import Rule, rule

EARLY: tuple[Rule, ...] = (
    # 3#楼 => 三号楼, 92#汽油 => 九十二号汽油
    rule(
        "sign.number",
        "s",
        "#",
        "号",
        left=r"\d\s?",
        right=r"\s?(?:楼|栋|幢|机|线|炉|库|井|汽油|柴油|门|桥|地块|厂房|仓)",
    ),
)

RULES: tuple[Rule, ...] = (
    # zero-width characters, marks of direction, byte order marks
    rule(
        "sign.invisible",
        "s",
        "[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\u00ad\u061c\u180e\ufe00-\ufe0f\u20e3]+",
        "",
    ),
    # NUL and other control characters
    rule(
        "sign.control",
        "s",
        "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufff0-\uffff\ue000-\uf8ff\ud800-\udfff]+",
        "",
        warn="无法朗读的控制字符已略去 (characters without a reading left out)",
    ),
    # x̄ => x
    rule("sign.combining", "s", "[\u0300-\u036f\u20d0-\u20dc]+", "", left="[A-Za-z]"),
    # 显示™ => silent
    rule("sign.mark", "s", "[™®©℠℗§¶†‡※●○◎◆◇■□▲△▼▽★☆◀▶►◄•‣▪▫✓✔☑☒✗㊟☉♂♀♠♣♥♦♪♫♯♭¦]", ""),
    # 点击→下一步 => silent pause
    rule("sign.arrow", "s", r"\s?(?:[→⇒➔➜➡⟶⟹←⇐↑↓↔⇔⇑⇓↗↘↙↖]|-{1,2}>|={1,2}>)\s?", " "),
    # R&D => R and D is the readings' business between letters; 你&我 => 你和我
    rule("sign.and", "s", r"\s?&\s?", "和", left="[一-鿿\\d]"),
    rule("sign.and_latin", "s", r"\s?&\s?", " and ", left="[A-Za-z]", right="[A-Za-z]"),
    # 输入/输出 => silent
    rule("sign.slash", "s", r"\s?[/\\|｜]+\s?", " "),
    # 29°32'~30°22' => 至, 3斤~5斤
    rule(
        "sign.wave_range",
        "s",
        r"\s?(?:~|—{1,2}|-)\s?(?=[-+]?[\d¥$€£])",
        "至",
        left=r"\d\s?(?:['\"°%‰℃㎡Ω]|[A-Za-zμ²³/]{1,6}|[万亿千百]?[元年月日号天个分秒斤米克升岁倍点层楼])",
    ),
    # 好的~ => silent
    rule("sign.wave", "s", "[~～]+", ""),
    # Qwen2.5-7B => the hyphen inside a name is silent
    rule("sign.hyphen", "s", r"-", "", left=r"[A-Za-z\d]", right=r"[A-Za-z\d]", not_right=r"(?<=[A-Za-z]-)[A-Za-z]"),
    # 一 - 二, - 列表项 => silent
    rule("sign.bullet", "s", r"[-*+]\s+", "", left=r"^\s*|\n\s*"),
    rule("sign.range_han", "s", r"-", "", left="[一-鿿A-Za-z）)]", right="[一-鿿]"),
    rule("sign.star", "s", r"[*_`^]+", ""),
)

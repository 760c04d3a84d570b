# ruff: noqa: E501 - tables: one rule, one line
"""Signs of mathematics between operands, powers, roots and signs before numbers."""

from __future__ import annotations

from re import Match

from .numbers import NUMBER, cardinal, digits, number, signed
from .rule import Rule, rule

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋ₙₐₑₒₓₕₖₗₘₚₛₜᵢⱼᵣᵤᵥ", "0123456789+-naeoxhklmpstijruv")
_SUPER = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ"
_OPERAND_LEFT = r"[₀-₉|\dA-Za-zα-ωπΑ-Ω)）\]%°℃²³ⁿ¹′'\"一-鿿̄]\s?"
_OPERAND_RIGHT = r"\s?[∠△√∑∫|\dA-Za-zα-ωΑ-Ω(（{\[√¥$€£+±∞π-]|\s?[一-鿿]"
# A hyphen is a minus sign where the clause is an equation.
_EQUATION = r"[=≈<>≤≥≠+×÷²³][^，。；,;=]{0,14}"
GREEK = {
    "α": "阿尔法", "β": "贝塔", "γ": "伽马", "δ": "德尔塔", "ε": "艾普西隆", "ζ": "泽塔", "η": "伊塔", "θ": "西塔", "ι": "约塔", "κ": "卡帕",
    "λ": "兰姆达", "μ": "缪", "ν": "纽", "ξ": "克西", "ο": "奥密克戎", "π": "派", "ρ": "柔", "σ": "西格玛", "τ": "陶", "υ": "宇普西隆",
    "φ": "斐", "ϕ": "斐", "χ": "希", "ψ": "普西", "ω": "欧米伽", "Γ": "伽马", "Δ": "德尔塔", "Θ": "西塔", "Λ": "兰姆达", "Ξ": "克西", "Π": "派",
    "Σ": "西格玛", "Φ": "斐", "Ψ": "普西", "Ω": "欧米伽", "Α": "阿尔法", "Β": "贝塔",
}  # fmt: skip
SIGNS = {
    "≤": "小于等于", "≦": "小于等于", "⩽": "小于等于", "≥": "大于等于", "≧": "大于等于", "⩾": "大于等于", "≠": "不等于", "≈": "约等于", "≒": "约等于", "≌": "全等于",
    "≡": "恒等于", "∝": "正比于", "∈": "属于", "∉": "不属于", "⊂": "包含于", "⊆": "包含于", "∪": "并", "∩": "交", "∅": "空集", "∀": "任意", "∃": "存在",
    "∞": "无穷大", "∵": "因为", "∴": "所以", "∠": "角", "⊥": "垂直于", "∥": "平行于", "√": "根号", "∛": "三次根号", "∑": "求和", "∏": "求积", "∫": "积分",
    "∂": "偏", "∇": "梯度", "÷": "除以", "×": "乘", "±": "正负", "∓": "负正", "∧": "且", "∨": "或", "¬": "非", "≪": "远小于", "≫": "远大于",
}  # fmt: skip


def _power(match: Match[str]) -> str:
    plain = match[0].translate(SUPERSCRIPTS)
    return power_words(plain)


def power_words(exponent: str) -> str:
    """``2`` -> 平方, ``3`` -> 立方, ``-3`` -> 负三次方, ``n`` -> n次方."""
    if exponent == "2":
        return "平方"
    if exponent == "3":
        return "立方"
    sign = {"-": "负", "+": "正"}.get(exponent[0], "")
    body = exponent.lstrip("+-")
    return f"{sign}{cardinal(body) if body.isdigit() else body}次方"


def _number_power(match: Match[str]) -> str:
    return f"{number(match[1])}的{power_words(match[2].translate(SUPERSCRIPTS))}"


def _caret(match: Match[str]) -> str:
    base = number(match[1]) + "的" if match[1][0].isdigit() else match[1]
    return base + power_words(match[2].strip("{}()"))


def _scientific(match: Match[str]) -> str:
    sign = "负" if match[2] == "-" else ""
    return f"{number(match[1])}乘十的{sign}{cardinal(match[3])}次方"


EARLY: tuple[Rule, ...] = (
    # 1.5e-3 => 一点五乘十的负三次方
    rule(
        "math.scientific",
        "d",
        r"(\d+(?:\.\d+)?)[eE]([+-]?)(\d{1,3})(?![\da-z.])",
        _scientific,
        not_left=r"[A-Za-z\d]",
    ),
    # 1920x1080, 7x24 => 乘
    rule("math.times_x", "a", r"[xX]\s?(?=\d)", "乘", left=r"\d\s?", not_left=r"(?:^|[^\d.])0"),
)

RULES: tuple[Rule, ...] = (
    # 10² => 十的平方, 10⁻³ => 十的负三次方
    rule("math.number_power", "d", rf"({NUMBER})([{_SUPER}]+)", _number_power),
    # 2^10 => 二的十次方, x^2 => x平方
    rule(
        "math.caret",
        "da",
        rf"({NUMBER}|[A-Za-z])\^(\{{-?[\dA-Za-z]{{1,3}}\}}|\(-?[\dA-Za-z]{{1,3}}\)|-?(?:\d{{1,3}}|[A-Za-z]))",
        _caret,
    ),
    # x² => x平方, (a+b)³ => 立方
    rule("math.power", "s", rf"[{_SUPER}]+", _power, left=r"[A-Za-zα-ωΑ-Ωπ)）\]一-鿿]\s?", not_right=r"\w*\s?注"),
    # H₂O => H二O, x₁ => x一
    rule(
        "math.subscript",
        "s",
        r"[₀₁₂₃₄₅₆₇₈₉₊₋ₙₐₑₒₓₕₖₗₘₚₛₜᵢⱼᵣᵤᵥ]+",
        lambda m: digits(m[0].translate(SUBSCRIPTS).replace("+", "加").replace("-", "负")),
    ),
    # 5!=120 => 五的阶乘等于一百二十
    rule("math.factorial", "s", r"!\s?=", "的阶乘等于", left=r"\d"),
    # >=18 => 大于等于十八
    rule("math.bound", "s", r"(<=|>=)\s?(?=-?\d)", lambda m: "小于等于" if m[1] == "<=" else "大于等于"),
    # |x| stays; <= => 小于等于, >= => 大于等于, != => 不等于, == => 等于
    rule(
        "math.ascii_compare",
        "s",
        r"\s?(<=|>=|!=|==|=<|=>)\s?",
        lambda m: {"<=": "小于等于", ">=": "大于等于", "!=": "不等于", "==": "等于", "=<": "小于等于", "=>": ""}[m[1]],
        left=_OPERAND_LEFT,
        right=_OPERAND_RIGHT,
    ),
    # a < b => a小于b, 3>2; a tag is no comparison
    rule("math.less", "s", r"<", "小于", left=r"[|\dA-Za-zα-ω)）%一-鿿]\s?|^\s*|[（(：:，]\s?", right=r"\s?-?[\d¥$]"),
    rule(
        "math.greater", "s", r">", "大于", left=r"[|\dA-Za-zα-ω)）%一-鿿]\s?|^\s*|[（(：:，]\s?", right=r"\s?-?[\d¥$]"
    ),
    rule(
        "math.compare_letters",
        "s",
        r"[<>]",
        lambda m: "小于" if m[0] == "<" else "大于",
        left=r"(?:^|[^A-Za-z>/])[A-Za-z\d]\s?",
        right=r"\s?[A-Za-z](?![A-Za-z])|\s?[一-鿿]",
    ),
    # 2 = 1 + 1 => 二等于一加一
    rule("math.equals", "s", r"=+", "等于", left=_OPERAND_LEFT, right=_OPERAND_RIGHT),
    # C++ => C加加
    rule("math.plus_plus", "s", r"\+\+", "加加", left=r"[A-Za-z]"),
    # |-5| => 负五的绝对值
    rule(
        "math.absolute",
        "s",
        r"\|(-?\d+(?:\.\d+)?|[a-z])\|",
        lambda m: (signed(m[1]) if m[1][-1].isdigit() else m[1]) + "的绝对值",
    ),
    # △ABC => 三角形ABC
    rule("math.triangle", "s", r"[△▲]\s?(?=[A-Z])", "三角形"),
    # π/2 => 二分之派
    rule("math.pi_part", "a", r"π\s?/\s?(\d{1,3})(?!\d)", lambda m: f"{cardinal(m[1])}分之派"),
    # ρ=m/V => m除以V
    rule(
        "math.over", "s", r"\s?/\s?", "除以", left=r"=[^，。；]{0,10}[A-Za-zα-ω)）]", right=r"[A-Za-zα-ω(（](?![a-z])"
    ),
    # Rh- => Rh阴性, Rh+ => Rh阳性
    rule(
        "math.rhesus",
        "s",
        r"[-+]",
        lambda m: "阴性" if m[0] == "-" else "阳性",
        left=r"(?:^|[^A-Za-z])R[hH]",
        not_right=r"\w",
    ),
    # 评级B- => B减
    rule("math.minus_mark", "s", r"-", "减", left=r"(?:^|[^A-Za-z-])[A-F]", right=r"\s*(?:$|[，。；、）)\n]|级|等|评)"),
    # x+y => x加y, Ctrl+Alt => Ctrl加Alt, 大小写 + 数字
    rule(
        "math.plus",
        "s",
        r"\+",
        "加",
        left=_OPERAND_LEFT,
        right=_OPERAND_RIGHT,
        not_left=r"(?:海拔|气温|温度|涨幅|误差|同比|环比|变化|[为是约])\s?",
    ),
    # A+ => A加, 60+ => 六十加
    rule("math.plus_mark", "s", r"\+", "加", left=r"[A-Za-z\d]"),
    # 2x - y = 1 => 二x减y等于一, a²+b²-2ab
    rule(
        "math.minus",
        "s",
        r"\s?-\s?(?=\d|[A-Za-zα-ω](?![a-z]{2})|[(（])",
        "减",
        left=rf"(?:{_EQUATION})[\dA-Za-zα-ω)）²³ⁿ]\s?",
        not_left=r"[A-Za-z]{3,}\s?",
    ),
    rule(
        "math.minus_before_equals",
        "s",
        r"\s?-\s?(?=[\dA-Za-zα-ω(（][\dA-Za-zα-ω²³)）+\-×÷\s.]{0,12}=)",
        "减",
        left=r"[\dA-Za-zα-ω)）²³]",
    ),
    # 5 - 3 with spaces on both sides between letters: a - b
    rule("math.minus_letters", "s", r"\s-\s(?=[A-Za-zα-ω](?![A-Za-z]))", "减", left=r"(?:^|[^A-Za-z])[A-Za-zα-ω]|\d"),
    # 1920×1080 => 一千九百二十乘一千零八十, 3*2, 7x24
    rule(
        "math.times",
        "s",
        r"\s?[×✕✖╳]\s?|\s?\*\s?(?=[\dA-Za-z(])",
        "乘",
        left=r"[\dA-Za-zα-ω)）%一-鿿²³]\s?",
        right=r"[\dA-Za-zα-ω(（√一-鿿]",
    ),
    # -2 => 负二, ±2 => 正负二, +8848.86 => 正八千...
    rule("math.negative", "s", r"-\s?(?=\d)", "负", not_left=r"[\dA-Za-z%°℃)）\]]\s?|-\s?|(?:^|\n)\s*"),
    rule("math.negative_first", "s", r"-(?=\d)", "负", left=r"(?:^|\n)\s*"),
    rule("math.positive", "s", r"\+\s?(?=\d)", "正", not_left=r"[\dA-Za-z%°℃)）\]]\s?"),
    rule("math.plus_minus", "s", r"±\s?|\+/-\s?", "正负"),
    # √2 => 根号二, ≤ => 小于等于, ∵ => 因为
    rule("math.sign", "s", f"[{''.join(SIGNS)}]", lambda m: SIGNS[m[0]]),
    # β2微球蛋白 => 贝塔二微球蛋白
    rule("math.greek", "a", f"[{''.join(GREEK)}]", lambda m: GREEK[m[0]]),
)

# ruff: noqa: E501 - tables: one rule, one line
"""Chemical formulas written with true subscripts, by the name of the substance."""

from __future__ import annotations

import re

from .maths import SUBSCRIPTS
from .numbers import cardinal
from .rule import Rule, rule

SUBSTANCES = {
    "H₂O": "水", "H₂O₂": "过氧化氢", "CO₂": "二氧化碳", "SO₂": "二氧化硫", "SO₃": "三氧化硫", "NO₂": "二氧化氮", "N₂O": "一氧化二氮", "O₂": "氧气", "O₃": "臭氧",
    "H₂": "氢气", "N₂": "氮气", "Cl₂": "氯气", "NH₃": "氨气", "CH₄": "甲烷", "C₂H₄": "乙烯", "C₂H₂": "乙炔", "C₂H₅OH": "乙醇", "CH₃COOH": "乙酸", "C₆H₁₂O₆": "葡萄糖",
    "H₂SO₄": "硫酸", "HNO₃": "硝酸", "H₂CO₃": "碳酸", "H₃PO₄": "磷酸", "Na₂CO₃": "碳酸钠", "NaHCO₃": "碳酸氢钠", "CaCO₃": "碳酸钙", "Ca(OH)₂": "氢氧化钙", "NH₄Cl": "氯化铵",
    "NH₄NO₃": "硝酸铵", "KMnO₄": "高锰酸钾", "CuSO₄": "硫酸铜", "FeSO₄": "硫酸亚铁", "AgNO₃": "硝酸银", "BaSO₄": "硫酸钡", "Na₂SO₄": "硫酸钠", "MgCl₂": "氯化镁", "CaCl₂": "氯化钙",
    "FeCl₃": "氯化铁", "Fe₂O₃": "三氧化二铁", "Fe₃O₄": "四氧化三铁", "Al₂O₃": "三氧化二铝", "SiO₂": "二氧化硅", "MnO₂": "二氧化锰", "TiO₂": "二氧化钛", "P₂O₅": "五氧化二磷", "H₂S": "硫化氢",
    "KNO₃": "硝酸钾", "KClO₃": "氯酸钾", "Na₂O₂": "过氧化钠", "MgSO₄": "硫酸镁", "ZnSO₄": "硫酸锌", "Al(OH)₃": "氢氧化铝", "Fe(OH)₃": "氢氧化铁", "CCl₄": "四氯化碳", "C₆H₆": "苯",
}  # fmt: skip

_ESCAPED = "|".join(
    sorted((name.replace("(", r"\(").replace(")", r"\)") for name in SUBSTANCES), key=len, reverse=True)
)

RULES: tuple[Rule, ...] = (
    # NH₄Cl => 氯化铵, H₂O => 水
    rule(
        "formula.substance",
        "a",
        rf"(?:{_ESCAPED})(?![A-Za-z₀-₉(])",
        lambda m: SUBSTANCES[m[0]],
        not_left=r"[A-Za-z₀-₉)\d]",
    ),
    # C₈H₁₀ => C八H十
    rule(
        "formula.subscript",
        "a",
        r"(?:[A-Z][a-z]?[₀-₉]*){1,12}(?<=[₀-₉])(?![a-z])",
        lambda m: re.sub(r"\d+", lambda part: cardinal(part[0]), m[0].translate(SUBSCRIPTS)),
        not_left=r"[A-Za-z]",
    ),
)

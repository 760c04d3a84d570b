"""Punctuation: which token of the acoustic model a mark becomes, and how long it is paused."""

from __future__ import annotations

from dataclasses import dataclass

#: Written mark -> token of the model.
TOKENS = {
    **dict.fromkeys("，、,﹐､", ","),
    **dict.fromkeys("。．.｡", "."),
    **dict.fromkeys("！!﹗", "!"),
    **dict.fromkeys("？?﹖", "?"),
    **dict.fromkeys("：:︰", ":"),
    **dict.fromkeys("；;﹔", ";"),
    **dict.fromkeys("—–―─", "—"),
    **dict.fromkeys("…⋯", "…"),
    **dict.fromkeys("“‘「『《〈【〔［[«‹｛{", "“"),
    **dict.fromkeys("”’」』》〉】〕］]»›｝}", "”"),
    **dict.fromkeys("（(", "("),
    **dict.fromkeys("）)", ")"),
    "‼": "!", "⁇": "?", "⁈": "?", "⁉": "!",
}  # fmt: skip

OPENING = frozenset("“(")
CLOSING = frozenset("”)")

#: Tokens that are heard as a pause.
PAUSING = frozenset(",.!?:;—…")


@dataclass(frozen=True, slots=True)
class Pauses:
    """Lengths of the pauses that punctuation asks for, in milliseconds.

    Attributes:
        enumeration: after 、.
        comma: after ，.
        colon: after ：.
        semicolon: after ；.
        dash: at ——.
        ellipsis: at ……, also at the end of a sentence.
        full_stop: after 。 and after a sentence without a final mark.
        question: after ？.
        exclamation: after ！.
        paragraph: between paragraphs, instead of the sentence's own.
        breath: between the parts of a long sentence that is cut where no mark stands.
    """

    enumeration: int = 120
    comma: int = 220
    colon: int = 260
    semicolon: int = 320
    dash: int = 280
    ellipsis: int = 450
    full_stop: int = 450
    question: int = 480
    exclamation: int = 450
    paragraph: int = 850
    breath: int = 120

    def after(self, mark: str) -> int:
        """Milliseconds after a mark as written, or after an empty string: a sentence without one."""
        if mark == "、":
            return self.enumeration
        names = {
            ",": self.comma, ":": self.colon, ";": self.semicolon, "—": self.dash, "…": self.ellipsis,
            ".": self.full_stop, "?": self.question, "!": self.exclamation,
        }  # fmt: skip
        return names.get(TOKENS.get(mark, ""), self.full_stop)

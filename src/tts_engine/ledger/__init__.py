"""What programmes cost and bring: tokens, money, characters, minutes, processor time.

    Ledger (outputs/ledger.sqlite3) ── record(Writing | Rendering) ──► stats ──► table, JSON, plot

Whoever asks a language model or renders a programme writes a line here; lines are added, never changed. The name of the
programme ties what was written to what was rendered from it.
"""

from .book import Ledger
from .records import Rendering, Writing

__all__ = ["Ledger", "Rendering", "Writing"]

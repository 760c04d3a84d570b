"""Programmes: a script becomes audio with several voices, chapters and labels. What it does not know: queues, HTTP.

Script ── cast ──► voices ── plan, render ──► lines in a store ── pace, level, mix ──► programme, stems, subtitles
book   ── read ──► Script ──────────────────────────────────────────────────────────► M4B, EPUB that reads along
"""

from .books.produce_book import BookProduction, produce_book
from .options import ProductionOptions, Selection
from .produce import Production, produce

__all__ = ["BookProduction", "Production", "ProductionOptions", "Selection", "produce", "produce_book"]

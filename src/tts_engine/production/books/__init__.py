"""Books in (TXT, EPUB, Markdown, HTML) and out (audio with chapters, EPUB 3 that reads along)."""

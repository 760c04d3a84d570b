"""Jobs: many texts that are rendered whatever happens. What this package does not know: HTTP, pages."""

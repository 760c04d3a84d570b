"""Scripts as people write them elsewhere -> ``Script``: one module per habit. What they do not know: each other."""

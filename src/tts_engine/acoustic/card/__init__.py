"""The stages in torch, many utterances at a time: what runs on a graphics card (and, for tests, on the processor)."""

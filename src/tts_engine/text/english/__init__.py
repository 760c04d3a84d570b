"""English words, names, acronyms and letters -> phonemes of the acoustic model's US set."""

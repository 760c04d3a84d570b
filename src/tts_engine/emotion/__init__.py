"""What is meant: from words, labels and context to how a sentence is to be performed."""

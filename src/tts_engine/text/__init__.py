"""The text stage: str -> Utterance (``frontend.FrontEnd``)."""

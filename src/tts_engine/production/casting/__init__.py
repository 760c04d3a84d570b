"""Who speaks with which voice: by hand, by description, or so that all are told apart; kept beside the script."""

"""Journeys: the real program in tmux, keys only, asserting on what a person would see at 80x24 and at 160x45."""

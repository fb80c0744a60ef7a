"""Tests of the console: its tables of keys and colours, how it draws, every screen and state, and what it keeps safe."""

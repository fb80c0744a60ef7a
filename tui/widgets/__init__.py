"""The console's own widgets, one a file; they draw with tui.drawing and know nothing of the engine."""

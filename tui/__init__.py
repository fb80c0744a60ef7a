"""The console. For now: the entry point."""

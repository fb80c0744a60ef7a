"""Pictures of the running console for people: `python -m tests.pictures` writes screenshots/ again. No tests."""

"""The console in a browser: the same program, served by textual-serve on this machine, to whoever holds the token.

    serving.py  the server: its routes, its page, whom it lets in
    guard.py    who is let in: pure decisions on a request's host, origin and token
    page.html   the page; it loads nothing from anywhere else

Each browser window has a console process of its own, which ends with it; runs go on, as they do when a terminal closes.
Nothing is imported from textual-serve, or from aiohttp under it, before the command runs.
"""

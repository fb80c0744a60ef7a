"""The guided set-up of a source or a destination: type, connect, credential, test, save.

page        the page: its steps, going on and back, keeping it for later
draft       what was entered so far; of secrets only handles (core.workbench.secret_cache)
step        what each step offers
choosing    1 Type: the types, what other tools have on this machine, a pasted connection string
connecting  2 Connect: name and settings, each with where to find it
credential  3 Credential: what a key text is, and where secrets are kept on this host
testing     4 Test: step by step, and what fixes the one that failed
saving      5 Save: what is written, and where
"""

from tui.screens.wizard.page import WizardPage

__all__ = ["WizardPage"]

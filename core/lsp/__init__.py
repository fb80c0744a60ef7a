"""`backhaul lsp`: an editor's language server, over stdin and stdout.

    server.py      the protocol: what is asked and when, what is published and when (pygls)
    documents.py   a file of SQL to its Context: the sync that it belongs to, else the editor's own setting
    answers.py     findings, fixes, words and candidates as the protocol has them
    positions.py   offsets in our texts to the lines and columns of the editor's

It knows what `backhaul lint` knows, by the same functions, and connects to nothing: the catalogue is the one that was kept last.
What it logs goes to stderr, and holds no text of a query.
"""

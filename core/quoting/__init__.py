"""How a text is written into another language, one module each: what writes a unit, a statement or a page composes it of these.

    systemd      words of a command line, paths and plain values of a unit
    sql          literals and identifiers
    shell        names of files; words are quoted by the standard library's shlex
    markdown     code spans
    slack        texts of a message
    spreadsheet  cells of a CSV that people open
    prometheus   values of labels

TOML is written by tomlkit, JSON by json, URLs by urllib: nothing here does what a library does.
"""

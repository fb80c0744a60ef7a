"""The console: a Textual application that is thin over core.

    main        the entry point: no argument opens the console, anything else is a command
    app         one project's pages, runs that are started here, how it ends
    acting, everywhere, actions, keys, habits
                keys and commands become actions, from one table
    bridge      the one way to core: watches the store, asks the helper process, starts runs; messages it posts
    drawing, themes, signs
                lines of spans with a meaning, made harmless, in a palette
    screens/    the pages and dialogs, one a file; what several of them show in the same way stands beside them
    widgets/    what pages are made of: Table, Sheet, Pane, Form, the bars, the code of the editor
    buffers, preferences, clipboard, crash
                what is kept, copied and told

Imports go downward: app, acting and everywhere know the screens, these the widgets, and all of them drawing.
"""

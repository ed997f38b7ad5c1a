"""A review as text: comments, summary, check run, terminal, page, JSON, SARIF. Pure.

What goes to GitHub passes `markdown`, what goes to a browser `html`; nothing is put together past them.
"""

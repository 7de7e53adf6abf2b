"""The report: a tree of plain data, and the documents written from it.

Every room says what it found as `Section`s of `Text`, `Table`s, figures and `Drawing`s and knows
nothing of how these look. `render` turns a whole `Report` into one HTML page that needs no network
and no script; `write_document` writes it as HTML, PDF, Markdown, JSON or CSV, by the file's ending;
`render_card` writes a model card in Markdown for the Hugging Face hub. Whatever
comes from data is shown as text, never run: characters that act unseen become visible, and the
page's security policy blocks everything but its own stylesheet.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

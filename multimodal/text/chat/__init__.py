"""Conversations: the forms in which tables hold them, templates that turn them into text, exports.

A conversation is a list of messages, each with a role (system, developer, user, assistant, tool)
and a text; an assistant's message may hold tool calls beside or in place of it. `formats` reads the
tables that people have into such lists, `template` renders them as the model was taught to read
them and says which tokens the assistant wrote, `export` writes them for hosted services.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

"""The window: the only room that imports Qt.

It runs nothing of its own. Every action is a recipe or a command, started as a process that
outlives the window, and what happens there is read from the runs' folders. `frame/` is what every
page hangs on (navigation, actions, notices, theme), `pages/` holds one page each, `widgets/` what
several pages show.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

"""Text: tokens for the model, words for people, and coloured words for explanations."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

"""What differs between modalities: reading, encoding, segments, drawing, and loading models.

A sample has one or more parts, each of one modality; a segment is the unit that an explanation
speaks about. Text lives in `multimodal.text`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

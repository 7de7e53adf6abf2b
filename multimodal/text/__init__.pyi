from .encode import EncodedText as EncodedText
from .encode import encode as encode
from .segments import Segment as Segment
from .segments import words as words

__all__ = ["EncodedText", "Segment", "encode", "words"]

from .encode import EncodedAudio as EncodedAudio
from .encode import encode as encode
from .read import Sound as Sound
from .read import read as read

__all__ = ["EncodedAudio", "Sound", "encode", "read"]

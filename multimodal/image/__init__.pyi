from .encode import EncodedImages as EncodedImages
from .encode import encode as encode
from .read import read as read

__all__ = ["EncodedImages", "encode", "read"]

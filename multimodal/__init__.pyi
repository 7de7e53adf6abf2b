from . import text as text
from .models import Source as Source
from .models import load_tokenizer as load_tokenizer
from .models import locate as locate

__all__ = ["Source", "load_tokenizer", "locate", "text"]

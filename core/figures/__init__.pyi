from .draw import NARROW as NARROW
from .draw import WIDE as WIDE
from .draw import png as png
from .draw import svg as svg
from .inline import alone as alone

__all__ = ["NARROW", "WIDE", "alone", "png", "svg"]

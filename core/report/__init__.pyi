from .card import CardFacts as CardFacts
from .card import render_card as render_card
from .documents import write as write_document
from .html import render as render
from .html import write as write
from .tree import BarFigure as BarFigure
from .tree import Block as Block
from .tree import Drawing as Drawing
from .tree import Figure as Figure
from .tree import Gallery as Gallery
from .tree import IntervalFigure as IntervalFigure
from .tree import Line as Line
from .tree import LineFigure as LineFigure
from .tree import MatrixFigure as MatrixFigure
from .tree import Report as Report
from .tree import Section as Section
from .tree import Table as Table
from .tree import Text as Text

__all__ = [
    "BarFigure",
    "Block",
    "CardFacts",
    "Drawing",
    "Figure",
    "Gallery",
    "IntervalFigure",
    "Line",
    "LineFigure",
    "MatrixFigure",
    "Report",
    "Section",
    "Table",
    "Text",
    "render",
    "render_card",
    "write",
    "write_document",
]

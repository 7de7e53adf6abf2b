"""Tables: `ColumnsModel` over an Arrow table, `TableView` that shows it, `DetailStrip` below it.

A page reads its table in the pool, then::

    model = ColumnsModel(table, context.pool, view, numeric={"score"})
    view.show_model(model)
    model.keep(contains("refund"))       # beside the main thread; `arranged` tells
    model.sort_by(0, ascending=False)

Rows are named by their number in the table, whatever the order shown (`row_chosen`, `go_to`).
"""

from .table_detail import DetailStrip
from .table_model import ColumnsModel
from .table_rows import contains, equals, every, repeated
from .table_view import TableHeader, TableView

__all__ = [
    "ColumnsModel",
    "DetailStrip",
    "TableHeader",
    "TableView",
    "contains",
    "equals",
    "every",
    "repeated",
]

"""All rows of ``make bench``, in the order of the table."""

import rows_areas
import rows_certainty
import rows_counting
import rows_scale
import rows_sklearn
import rows_streams
from row import MemoryRow, Row

ROWS: tuple[Row | MemoryRow, ...] = (
    *rows_counting.ROWS,
    *rows_areas.ROWS,
    *rows_certainty.ROWS,
    *rows_sklearn.ROWS,
    *rows_streams.ROWS,
    *rows_scale.ROWS,
)

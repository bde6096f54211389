"""What people read: PDF by Typst, spreadsheets, CSV, charts as SVG, and plain accessible pages.

Every function takes values and gives bytes or text; none reads a clock, a file of a user, or the
network. The same values give the same bytes.
"""

from shared.documents.charts import (
    Step,
    bars,
    lines,
    radar,
    shares_over_time,
    waterfall,
)
from shared.documents.pages import figure, listing, page, paragraph, section, table
from shared.documents.sheets import Sheet, csv_lines, workbook
from shared.documents.typesetting import pdf, pictures

__all__ = [
    "Sheet",
    "Step",
    "bars",
    "csv_lines",
    "figure",
    "lines",
    "listing",
    "page",
    "paragraph",
    "pdf",
    "pictures",
    "radar",
    "section",
    "shares_over_time",
    "table",
    "waterfall",
    "workbook",
]

"""A report on paper: letters, lines, page breaks, tables, figures and drawings of a PDF.

All lengths are points, 72 to an inch; y grows downwards. Everything that is shown comes as
`sheet.Item`s, which know their height and draw themselves where they are put; `sheet.Sheet` breaks
pages between them. `core.report.pdf` puts a whole report together.
"""

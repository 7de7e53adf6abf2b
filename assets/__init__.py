"""Files that come with the package: report templates, fonts, sample data and small models.

`importlib.resources.files` finds them, in a checkout as in a wheel. `report/` holds what the
report and the model card look like (jinja2), `samples/` data to try things on.
"""

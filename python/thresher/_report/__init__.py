"""The report on one page: what is read off the counts, the figures, and the page around them.

`thresher.reporting` is the way in. Jinja2 and Bokeh are imported on use.
"""

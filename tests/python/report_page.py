"""A report as a browser's parser takes it apart."""

import json
import re
from html.parser import HTMLParser

import numpy as np

import thresher as th

__all__ = ["CELLS", "Page", "accumulators"]

CELLS = ("true_positives", "false_positives", "false_negatives", "true_negatives")


class Page(HTMLParser):
    """The page as a browser's parser takes it apart: tags with attributes, texts by id, the numbers of its script."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.words, self.inside = [], [], []
        self.html = path.read_text(encoding="utf-8")
        self.feed(self.html)
        self.data = json.loads(re.search(r'id="report-data">(.*?)</script>', self.html, re.DOTALL)[1])

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.inside.append(tag)

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data):
        if not {"script", "style"} & set(self.inside):
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def accumulators(labels, scores):
    made = [
        th.ExactCounts(),
        th.CompactCounts(),
        th.CompactCounts(sums=True),
        th.ThresholdCounts(np.arange(1, 20) / 20),
    ]
    for each in made:
        each.update(labels, scores)
    return made

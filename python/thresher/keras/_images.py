"""Figures as arrays of pixels and as PNG, by Matplotlib's Agg canvas alone: no pyplot, no window, nothing left open."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thresher import Error
from thresher._optional import needed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["pixels", "png"]

_CHANNELS = {1: "grey", 3: "RGB", 4: "RGBA"}


def pixels(picture: Figure | NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a figure drawn, or an array as it is: uint8 of shape (height, width, channels).

    Parameters
    ----------
    picture : matplotlib.figure.Figure, or uint8 array of shape (height, width) or (height, width, channels)
        One channel is grey, three are RGB, four RGBA.

    Raises
    ------
    Error
        For an array of another kind or shape.
    """
    if not hasattr(picture, "savefig"):
        return _checked(picture)
    canvas = needed("matplotlib.backends.backend_agg", "a picture", "thresher[plots]").FigureCanvasAgg(picture)
    canvas.draw()
    return np.array(canvas.buffer_rgba(), np.uint8)


def png(picture: Figure | NDArray[np.uint8]) -> bytes:
    """Return a figure, or an array of pixels, as the content of a PNG file."""
    drawn = pixels(picture)
    image = needed("PIL.Image", "a picture", "thresher[plots]").fromarray(
        drawn[..., 0] if drawn.shape[2] == 1 else drawn
    )
    with io.BytesIO() as file:
        image.save(file, format="png")
        return file.getvalue()


def _checked(array: Any) -> NDArray[np.uint8]:
    held = np.asarray(array)
    if held.ndim == 2:
        held = held[..., np.newaxis]
    if held.dtype != np.uint8 or held.ndim != 3 or held.shape[2] not in _CHANNELS or not held.size:
        raise Error(
            "a picture must be a Matplotlib figure or a uint8 array of shape (height, width, 1, 3 or 4 channels), "
            f"but is {held.dtype} of shape {held.shape}"
        )
    return held

"""The demo's pictures, drawn by code: nobody's photo, nothing to license."""

from local.pictures.demo import DemoPicture, draw

__all__ = ["DemoPicture", "draw"]

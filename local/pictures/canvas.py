"""A canvas in the units of a 600 x 800 picture, drawn larger and reduced, for smooth edges."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

type Colour = tuple[int, int, int]
type Point = tuple[float, float]

# Along either side: four samples for every pixel that is kept.
_OVERSAMPLING = 2


class Canvas:
    """Draws with Pillow; every length is in the units of the finished picture."""

    def __init__(self, width: int, height: int, top: Colour, bottom: Colour) -> None:
        self._size = (width, height)
        large = (width * _OVERSAMPLING, height * _OVERSAMPLING)
        gradient = Image.linear_gradient("L").resize(large)
        self._image = Image.composite(
            Image.new("RGB", large, bottom), Image.new("RGB", large, top), gradient
        )
        self._draw = ImageDraw.Draw(self._image)

    def ellipse(self, centre: Point, width: float, height: float, fill: Colour) -> None:
        """Draw a filled ellipse, as wide and high as given."""
        (x, y), across, down = centre, width / 2, height / 2
        self._draw.ellipse(_scaled((x - across, y - down), (x + across, y + down)), fill=fill)

    def half_ellipse(
        self, centre: Point, width: float, height: float, fill: Colour, *, lower: bool
    ) -> None:
        """Draw the lower or the upper half of a filled ellipse."""
        (x, y), across, down = centre, width / 2, height / 2
        box = _scaled((x - across, y - down), (x + across, y + down))
        self._draw.pieslice(box, 0 if lower else 180, 180 if lower else 360, fill=fill)

    def arc(
        self,
        centre: Point,
        width: float,
        height: float,
        angles: Point,
        fill: Colour,
        *,
        line: float,
    ) -> None:
        """Draw a part of an ellipse's edge; angles in degrees, clockwise from three o'clock."""
        (x, y), across, down = centre, width / 2, height / 2
        box = _scaled((x - across, y - down), (x + across, y + down))
        self._draw.arc(box, *angles, fill=fill, width=round(line * _OVERSAMPLING))

    def rounded(self, corner: Point, opposite: Point, radius: float, fill: Colour) -> None:
        """Draw a filled rectangle with round corners."""
        self._draw.rounded_rectangle(_scaled(corner, opposite), radius * _OVERSAMPLING, fill=fill)

    def polygon(self, points: Sequence[Point], fill: Colour) -> None:
        """Draw a filled polygon."""
        self._draw.polygon(_scaled(*points), fill=fill)

    def line(self, start: Point, end: Point, fill: Colour, width: float) -> None:
        """Draw a straight line."""
        self._draw.line(_scaled(start, end), fill=fill, width=round(width * _OVERSAMPLING))

    def paste(self, picture: Image.Image, corner: Point, angle: float = 0) -> None:
        """Put another picture at a corner, turned counter-clockwise by degrees about its middle."""
        large = picture.resize(
            (picture.width * _OVERSAMPLING, picture.height * _OVERSAMPLING),
            Image.Resampling.BICUBIC,
        ).convert("RGBA")
        turned = large.rotate(angle, Image.Resampling.BICUBIC, expand=True)
        x, y = corner
        grown_x, grown_y = turned.width - large.width, turned.height - large.height
        place = (
            round(x * _OVERSAMPLING - grown_x / 2),
            round(y * _OVERSAMPLING - grown_y / 2),
        )
        self._image.paste(turned, place, turned)

    def finished(self) -> Image.Image:
        """Return the picture in its final size."""
        return self._image.resize(self._size, Image.Resampling.LANCZOS)


def _scaled(*points: Point) -> list[Point]:
    return [(x * _OVERSAMPLING, y * _OVERSAMPLING) for x, y in points]

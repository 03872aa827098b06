"""The demo's images, drawn by code: nobody's photo, nothing to license (sample_images.md).

``python -m local.sample_images DIRECTORY`` writes them, and lists the outcome of each.
"""

import argparse
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from liveness.models import Outcome

type Colour = tuple[int, int, int]
type Shape = tuple[str, tuple[int, int, int, int], Colour]

ROBIN: tuple[Colour, Colour] = ((246, 205, 170), (110, 66, 40))
AMARA: tuple[Colour, Colour] = ((150, 98, 66), (42, 28, 30))
"""The colours of skin and hair."""

_SELFIE = (600, 800)
# Drawn larger along either side, and reduced for smooth edges.
_SCALE = 2
_WHITE, _INK, _WALL, _WOOD = (255, 255, 255), (52, 44, 48), (200, 224, 230), (142, 112, 90)
_EXIF_ORIENTATION, _ROTATE_CLOCKWISE = 0x0112, 6
_LARGE_FILE = 6_000_000


@dataclass(frozen=True, slots=True)
class SampleImage:
    """A file to upload to `key`, and the outcome, with its reason, that the upload must get.

    The key's last segment begins with what the DetectLiveFace fake answers
    (local/detectliveface/README.md, "Names"): it cannot detect a face.
    """

    path: Path
    key: str
    outcome: Outcome
    reason: str | None = None


def write_sample_images(directory: Path) -> list[SampleImage]:
    """Write every image of the demo into `directory`; the same bytes each time."""
    directory.mkdir(parents=True, exist_ok=True)
    images: list[SampleImage] = []
    retake = Outcome.RETAKE
    robin, amara = draw_selfie(*ROBIN), draw_selfie(*AMARA)
    small = robin.resize((240, 320))
    live = _jpeg(robin)
    for key, content, outcome, reason in (
        ("selfies/live.jpg", live, Outcome.LIVE, None),
        ("selfies/Amara Diallo/live größe + 自拍 1.jpg", _jpeg(amara), Outcome.LIVE, None),
        ("selfies/live-phone.jpg", _as_stored_by_phones(amara), Outcome.LIVE, None),
        ("selfies/live.png", _encode(robin.quantize(128), "PNG"), Outcome.LIVE, None),
        ("selfies/live.bmp", _encode(small, "BMP"), Outcome.LIVE, None),
        ("selfies/spoof.jpg", _jpeg(draw_phone(robin)), Outcome.NOT_LIVE, None),
        ("selfies/no-face.jpg", _jpeg(draw_still_life()), retake, "no_face"),
        ("selfies/landscape.jpg", _jpeg(draw_landscape()), retake, "aspect_ratio"),
        ("selfies/selfie.gif", _encode(small, "GIF"), retake, "format_gif"),
        ("selfies/6-megabytes.jpg", live.ljust(_LARGE_FILE, b"\0"), retake, "file_too_large"),
        ("selfies/thumbnail.jpg", _jpeg(robin.resize((48, 64))), retake, "resolution_too_small"),
        ("selfies/cut-off.jpg", live[:200], retake, "truncated_file"),
        ("selfies/renamed.jpg", b"This is a text file.\n", retake, "format_text"),
        ("selfies/nothing.jpg", b"", retake, "empty_file"),
    ):
        # A key may hold what a file system does not allow: files are numbered.
        path = directory / f"{len(images) + 1:02}-{reason or outcome}{Path(key).suffix}"
        path.write_bytes(content)
        images.append(SampleImage(path, key, outcome, reason))
    return images


def _encode(image: Image.Image, image_format: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def _jpeg(image: Image.Image, **options: object) -> bytes:
    return _encode(image, "JPEG", quality=85, optimize=True, **options)


def _as_stored_by_phones(image: Image.Image) -> bytes:
    """The sensor's landscape, with the EXIF orientation that rotates it clockwise."""
    exif = Image.Exif()
    exif[_EXIF_ORIENTATION] = _ROTATE_CLOCKWISE
    return _jpeg(image.transpose(Image.Transpose.ROTATE_90), exif=exif)


def _draw(size: tuple[int, int], background: Colour, shapes: list[Shape]) -> Image.Image:
    """Draw filled ellipses, and rectangles with round corners, in boxes of the final size."""
    canvas = Image.new("RGB", (size[0] * _SCALE, size[1] * _SCALE), background)
    pen = ImageDraw.Draw(canvas)
    for shape, box, colour in shapes:
        scaled = [side * _SCALE for side in box]
        if shape == "ellipse":
            pen.ellipse(scaled, fill=colour)
        else:
            pen.rounded_rectangle(scaled, radius=20 * _SCALE, fill=colour)
    return canvas.resize(size, Image.Resampling.LANCZOS)


def draw_selfie(skin: Colour, hair: Colour) -> Image.Image:
    """Draw a person who looks into the camera, 600 x 800."""
    shapes: list[Shape] = [
        ("ellipse", (30, 660, 570, 1000), (64, 132, 190)),
        ("rectangle", (245, 540, 355, 690), skin),
        ("ellipse", (118, 150, 482, 560), hair),
        ("ellipse", (140, 220, 460, 610), skin),
        *(("ellipse", (x - 36, 372, x + 36, 420), _WHITE) for x in (228, 372)),
        *(("ellipse", (x - 20, 376, x + 20, 418), _INK) for x in (228, 372)),
        *(("rectangle", (x - 42, 330, x + 42, 344), hair) for x in (228, 372)),
        ("ellipse", (232, 480, 368, 560), (150, 52, 58)),
        ("ellipse", (232, 460, 368, 530), skin),
    ]
    return _draw(_SELFIE, _WALL, shapes)


def draw_phone(screen: Image.Image) -> Image.Image:
    """Draw a photo of a phone that shows an image: a presentation attack, 600 x 800."""
    photo = _draw(_SELFIE, _WOOD, [("rectangle", (112, 66, 488, 734), _INK)])
    photo.paste(screen.resize((450, 600)).crop((55, 0, 395, 600)), (130, 96))
    return photo


def draw_still_life() -> Image.Image:
    """Draw fruit on a table, without a face, 600 x 800."""
    shapes: list[Shape] = [
        ("rectangle", (-20, 560, 620, 820), _WOOD),
        ("ellipse", (130, 430, 270, 570), (206, 64, 58)),
        ("ellipse", (230, 430, 370, 570), (238, 186, 60)),
        ("ellipse", (330, 430, 470, 570), (132, 176, 74)),
        ("rectangle", (80, 518, 520, 640), (84, 126, 156)),
    ]
    return _draw(_SELFIE, (236, 226, 206), shapes)


def draw_landscape() -> Image.Image:
    """Draw hills under an evening sun, in landscape format: 800 x 600."""
    shapes: list[Shape] = [
        ("ellipse", (535, 195, 645, 305), (255, 240, 190)),
        ("ellipse", (-210, 390, 490, 810), (112, 160, 92)),
        ("ellipse", (240, 410, 1040, 870), (88, 140, 82)),
    ]
    return _draw((800, 600), (160, 196, 226), shapes)


def main() -> None:
    """Write the images into the directory of the command line."""
    parser = argparse.ArgumentParser(prog="python -m local.sample_images")
    parser.add_argument("directory", type=Path, help="created where it is missing")
    for image in write_sample_images(parser.parse_args().directory):
        print(f"{f'{image.outcome} {image.reason or ""}':<30}{image.path}  →  {image.key}")


if __name__ == "__main__":
    main()

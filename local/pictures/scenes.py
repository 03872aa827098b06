"""The scenes: cartoon faces, a face on a phone's screen, a still life, a landscape."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageDraw

from local.pictures.canvas import Canvas, Colour

SELFIE = (600, 800)
_WHITE: Colour = (255, 255, 255)
_INK: Colour = (52, 44, 48)


@dataclass(frozen=True, slots=True)
class Looks:
    """The colours of a cartoon person, and how long the hair is."""

    skin: Colour
    shade: Colour
    hair: Colour
    eyes: Colour
    shirt: Colour
    wall: tuple[Colour, Colour]
    long_hair: bool


ROBIN = Looks(
    skin=(246, 205, 170),
    shade=(230, 174, 138),
    hair=(110, 66, 40),
    eyes=(72, 128, 92),
    shirt=(64, 132, 190),
    wall=((216, 236, 240), (160, 204, 212)),
    long_hair=False,
)
AMARA = Looks(
    skin=(150, 98, 66),
    shade=(122, 76, 50),
    hair=(42, 28, 30),
    eyes=(84, 52, 32),
    shirt=(236, 174, 62),
    wall=((250, 228, 210), (240, 190, 164)),
    long_hair=True,
)


def selfie(looks: Looks) -> Image.Image:
    """Draw a person looking into the camera, 600 x 800."""
    canvas = Canvas(*SELFIE, *looks.wall)
    if looks.long_hair:
        canvas.ellipse((300, 350), 430, 520, looks.hair)
        canvas.rounded((86, 340), (514, 680), 100, looks.hair)
    _shoulders(canvas, looks)
    _head(canvas, looks)
    _features(canvas, looks)
    return canvas.finished()


def _shoulders(canvas: Canvas, looks: Looks) -> None:
    canvas.ellipse((300, 830), 540, 340, looks.shirt)
    canvas.half_ellipse((300, 656), 178, 96, looks.skin, lower=True)
    canvas.rounded((245, 540), (355, 660), 20, looks.shade)
    canvas.half_ellipse((300, 656), 110, 56, looks.shade, lower=True)


def _head(canvas: Canvas, looks: Looks) -> None:
    canvas.ellipse((300, 390), 336, 420, looks.skin)
    if looks.long_hair:
        canvas.half_ellipse((300, 336), 360, 360, looks.hair, lower=False)
        canvas.ellipse((300, 372), 300, 180, looks.skin)
        for side in (142, 458):
            canvas.ellipse((side, 400), 52, 330, looks.hair)
        return
    for ear in (132, 468):
        canvas.ellipse((ear, 400), 62, 96, looks.skin)
        canvas.ellipse((ear, 402), 32, 58, looks.shade)
    canvas.half_ellipse((300, 336), 344, 330, looks.hair, lower=False)
    for side in (150, 450):
        canvas.rounded((side - 22, 320), (side + 22, 392), 20, looks.hair)
    canvas.ellipse((300, 362), 288, 176, looks.skin)
    canvas.ellipse((236, 266), 176, 96, looks.hair)
    canvas.ellipse((352, 262), 180, 86, looks.hair)


def _features(canvas: Canvas, looks: Looks) -> None:
    for x, outwards in ((228, -1), (372, 1)):
        canvas.arc((x, 352), 84, 44, (205, 335), looks.hair, line=11)
        canvas.ellipse((x, 396), 72, 46, _WHITE)
        canvas.ellipse((x, 397), 40, 42, looks.eyes)
        canvas.ellipse((x, 397), 21, 22, _INK)
        canvas.ellipse((x + 7, 389), 11, 11, _WHITE)
        canvas.arc((x, 398), 78, 54, (195, 345), _INK, line=6)
        canvas.ellipse((x + 26 * outwards, 468), 66, 40, _blend(looks.skin, (240, 120, 110)))
    canvas.arc((300, 446), 48, 42, (20, 160), looks.shade, line=8)
    canvas.half_ellipse((300, 504), 136, 104, (150, 52, 58), lower=True)
    canvas.half_ellipse((300, 504), 112, 38, _WHITE, lower=True)
    canvas.ellipse((300, 541), 62, 22, (222, 104, 108))


def _blend(one: Colour, other: Colour) -> Colour:
    red, green, blue = (round(0.75 * a + 0.25 * b) for a, b in zip(one, other, strict=True))
    return red, green, blue


def selfie_on_a_phone(looks: Looks) -> Image.Image:
    """Draw a photo of a phone that shows the person: what a spoof looks like, 600 x 800."""
    canvas = Canvas(*SELFIE, (142, 112, 90), (112, 84, 66))
    for y in range(60, 800, 110):
        canvas.line((0, y), (600, y + 26), (126, 97, 77), 5)
    canvas.paste(_phone(selfie(looks)), (112, 66), angle=-5)
    return canvas.finished()


def _phone(screen: Image.Image) -> Image.Image:
    width, height, frame = 376, 668, 18
    phone = Image.new("RGBA", (width, height))
    pen = ImageDraw.Draw(phone)
    pen.rounded_rectangle((0, 0, width - 1, height - 1), 46, fill=(24, 25, 30))
    shown = screen.resize((450, 600)).crop((55, 0, 395, 600)).convert("RGBA")
    glass = Image.new("RGBA", shown.size)
    shine = ImageDraw.Draw(glass)
    for y in range(0, shown.height, 4):
        shine.line((0, y, shown.width, y), fill=(30, 40, 90, 44))
    shine.polygon([(190, 0), (290, 0), (60, 600), (-40, 600)], fill=(255, 255, 255, 54))
    shine.polygon([(310, 0), (334, 0), (104, 600), (80, 600)], fill=(255, 255, 255, 54))
    phone.paste(Image.alpha_composite(shown, glass), (frame, 30))
    pen.rounded_rectangle((148, 9, 228, 20), 6, fill=(58, 60, 68))
    pen.rounded_rectangle((138, 646, 238, 652), 3, fill=(120, 122, 130))
    return phone


def still_life() -> Image.Image:
    """Draw fruit on a table, where no face is, 600 x 800."""
    canvas = Canvas(*SELFIE, (236, 226, 206), (214, 196, 168))
    canvas.rounded((-20, 560), (620, 820), 0, (150, 104, 72))
    canvas.line((0, 562), (600, 562), (126, 84, 56), 6)
    canvas.ellipse((300, 690), 420, 60, (124, 84, 58))
    canvas.ellipse((300, 500), 150, 150, (238, 186, 60))
    canvas.ellipse((205, 505), 140, 136, (206, 64, 58))
    canvas.ellipse((180, 478), 34, 26, (232, 126, 116))
    canvas.ellipse((400, 505), 140, 136, (132, 176, 74))
    canvas.ellipse((378, 478), 34, 26, (178, 208, 128))
    canvas.line((205, 440), (216, 404), (92, 62, 42), 8)
    canvas.line((400, 440), (390, 404), (92, 62, 42), 8)
    canvas.ellipse((240, 408), 56, 24, (96, 146, 72))
    canvas.half_ellipse((300, 530), 440, 310, (84, 126, 156), lower=True)
    canvas.rounded((80, 518), (520, 546), 14, (112, 154, 182))
    canvas.rounded((230, 676), (370, 700), 10, (70, 108, 136))
    return canvas.finished()


def landscape() -> Image.Image:
    """Draw hills under an evening sun, lying on its side: 800 x 600."""
    canvas = Canvas(800, 600, (124, 178, 226), (252, 222, 178))
    canvas.ellipse((590, 250), 110, 110, (255, 240, 190))
    canvas.polygon([(0, 420), (170, 230), (300, 380), (450, 210), (700, 430)], (128, 140, 172))
    canvas.polygon([(170, 230), (215, 282), (178, 270), (135, 270)], _WHITE)
    canvas.polygon([(450, 210), (506, 260), (458, 250), (408, 260)], _WHITE)
    canvas.ellipse((140, 600), 700, 420, (112, 160, 92))
    canvas.ellipse((640, 640), 800, 460, (88, 140, 82))
    for x, y in ((110, 420), (170, 436), (640, 438), (700, 452), (760, 446)):
        canvas.rounded((x - 5, y), (x + 5, y + 40), 2, (104, 74, 54))
        canvas.polygon([(x - 30, y + 10), (x, y - 74), (x + 30, y + 10)], (50, 104, 72))
    return canvas.finished()

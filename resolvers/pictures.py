"""Pictures drawn anew: what comes out has nothing of the file that came in but its pixels.

No EXIF (with the place where it was taken), no comments, no profile, nothing behind the end; of
moving pictures the first frame. All of it is work for a thread.
"""

from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from resolvers.file_types import GIF, JPEG, PNG, WEBP

MOST_PIXELS = 40_000_000
PREVIEW = 400
"""Pixels that a preview has at most, either way."""
SQUARE = 256
FORMATS = {JPEG: "JPEG", PNG: "PNG", GIF: "GIF", WEBP: "WEBP"}
SMALL = "WEBP"
"""Format of previews."""
BROKEN = (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError)


class Undrawable(ValueError):
    """No picture comes of it; the message is for people."""


@dataclass(frozen=True)
class Picture:
    """A picture drawn anew, with its two small ones."""

    data: bytes
    width: int
    height: int
    preview: bytes
    square: bytes


def redraw(data: bytes, content_type: str) -> Picture:
    """Draws a picture of that type; Undrawable where there are too many pixels, or none."""
    name = FORMATS[content_type]
    try:
        with Image.open(BytesIO(data), formats=[name]) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Undrawable(f"Pictures have at most {MOST_PIXELS:,} pixels.")
            whole = _bare(opened)
    except BROKEN as error:
        if isinstance(error, Undrawable):
            raise
        raise Undrawable("The picture is damaged.") from error
    preview = whole.copy()
    preview.thumbnail((PREVIEW, PREVIEW))
    square = ImageOps.fit(whole, (SQUARE, SQUARE))
    return Picture(
        _written(whole, name), whole.width, whole.height,
        _written(preview, SMALL), _written(square, SMALL),
    )  # fmt: skip


def _bare(opened: Image.Image) -> Image.Image:
    """The pixels of the first frame, the right way up."""
    upright = ImageOps.exif_transpose(opened)
    bare = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    bare.info.clear()
    return bare


def _written(picture: Image.Image, name: str) -> bytes:
    if name == "JPEG" and picture.mode != "RGB":
        picture = picture.convert("RGB")
    made = BytesIO()
    picture.save(made, name, quality=85)
    return made.getvalue()

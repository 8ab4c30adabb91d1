"""Pictures and other files to upload in a test."""

import struct
import zlib
from io import BytesIO
from zipfile import ZipFile

from PIL import Image, PngImagePlugin

SECRET = "S3CRET-PLACE-31"


def picture(kind: str = "PNG", width: int = 600, height: int = 300) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    made = Image.new("RGB", (width, height), "red")
    made.paste("blue", (width // 2, 0, width, height))
    return _saved(made, kind)


def talkative_picture(kind: str) -> bytes:
    """A picture that tells more than its pixels, and lies on its side where it can say so."""
    made = Image.new("RGB", (60, 30), "red")
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = SECRET, 6
    exif.get_ifd(0x8825)[0x001D] = SECRET
    if kind == "PNG":
        words = PngImagePlugin.PngInfo()
        words.add_text("Comment", SECRET)
        return _saved(made, kind, pnginfo=words, exif=exif) + SECRET.encode()
    if kind == "GIF":
        return _saved(made, kind, comment=SECRET) + SECRET.encode()
    return _saved(made, kind, exif=exif, icc_profile=SECRET.encode()) + SECRET.encode()


def _saved(made: Image.Image, kind: str, **more: object) -> bytes:
    file = BytesIO()
    made.save(file, kind, **more)
    return file.getvalue()


def bomb(width: int, height: int, told: tuple[int, int] | None = None) -> bytes:
    """A small PNG of one colour with that many pixels, or that only says it had `told`."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    row = b"\0" * (1 + (width + 7) // 8)
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", *(told or (width, height)), 1, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def packed(member: str, data: bytes = b"<x/>") -> bytes:
    """A ZIP with one member."""
    file = BytesIO()
    with ZipFile(file, "w") as made:
        made.writestr(member, data)
    return file.getvalue()

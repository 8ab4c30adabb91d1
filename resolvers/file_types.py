"""What a file is, told by its content; its name has to say the same."""

from collections.abc import Callable
from io import BytesIO
from zipfile import BadZipFile, ZipFile

JPEG, PNG, GIF, WEBP = "image/jpeg", "image/png", "image/gif", "image/webp"
PICTURES = frozenset({JPEG, PNG, GIF, WEBP})
TEXTS = frozenset({"text/plain", "text/csv", "text/markdown"})
CONTROLS = bytes(each for each in range(32) if each not in b"\t\n\f\r")
OFFICE = "application/vnd.openxmlformats-officedocument"
OPEN = "application/vnd.oasis.opendocument"


def _begins(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(signatures)


def _is_webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def _is_text(data: bytes) -> bool:
    """Any encoding that keeps ASCII, so that an old one of Windows is text too."""
    return len(data.translate(None, CONTROLS)) == len(data)


def _zip_with(member: str) -> Callable[[bytes], bool]:
    def is_one(data: bytes) -> bool:
        try:
            with ZipFile(BytesIO(data)) as packed:
                return member in packed.namelist()
        except (BadZipFile, ValueError, NotImplementedError, OSError):
            return False

    return is_one


def _open_document(kind: str) -> Callable[[bytes], bool]:
    # such a file begins with its type, stored as it is
    return lambda data: (
        data[:4] == b"PK\x03\x04" and data[30:].startswith(f"mimetype{kind}".encode())
    )


TYPES: dict[str, tuple[str, Callable[[bytes], bool]]] = {
    "jpg": (JPEG, _begins(b"\xff\xd8\xff")),
    "jpeg": (JPEG, _begins(b"\xff\xd8\xff")),
    "png": (PNG, _begins(b"\x89PNG\r\n\x1a\n")),
    "gif": (GIF, _begins(b"GIF87a", b"GIF89a")),
    "webp": (WEBP, _is_webp),
    "pdf": ("application/pdf", _begins(b"%PDF-")),
    "docx": (f"{OFFICE}.wordprocessingml.document", _zip_with("word/document.xml")),
    "xlsx": (f"{OFFICE}.spreadsheetml.sheet", _zip_with("xl/workbook.xml")),
    "pptx": (f"{OFFICE}.presentationml.presentation", _zip_with("ppt/presentation.xml")),
    "odt": (f"{OPEN}.text", _open_document(f"{OPEN}.text")),
    "ods": (f"{OPEN}.spreadsheet", _open_document(f"{OPEN}.spreadsheet")),
    "odp": (f"{OPEN}.presentation", _open_document(f"{OPEN}.presentation")),
    "txt": ("text/plain", _is_text),
    "md": ("text/markdown", _is_text),
    "csv": ("text/csv", _is_text),
}
"""What files may be, by the end of their name; nothing that a browser would run is among it."""


ENDINGS = {JPEG: "jpg", PNG: "png", GIF: "gif", WEBP: "webp"}


def picture_type_of(data: bytes) -> str | None:
    """The type of a picture, by its content alone; None for anything else."""
    return next((kind for kind, end in ENDINGS.items() if TYPES[end][1](data)), None)


class WrongType(ValueError):
    """The content is not allowed, or not what the name says; the message is for people."""


def content_type_of(name: str, data: bytes) -> str:
    """The type of the content, which the name's end has to name too; WrongType otherwise."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending not in TYPES:
        raise WrongType(f"Files may be {', '.join(TYPES)}.")
    content_type, is_one = TYPES[ending]
    if not is_one(data):
        raise WrongType(f"The content is no {ending}.")
    return content_type

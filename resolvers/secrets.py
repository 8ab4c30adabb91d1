"""Everything derived from the one secret: sealed positions and versions, hashes of tokens."""

import base64
import hashlib
import hmac
import secrets
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

MAGIC = {"feed": b"LLf1", "version": b"LLv1", "visit": b"LLs1", "notices": b"LLn1"}
MAX_CURSOR = 512


class Unsealable(ValueError):
    """The text is no position of this list, lead or program."""


def hash_token(token: str) -> bytes:
    """What is stored of a random token: enough to find it, useless to sign in with."""
    return hashlib.sha256(token.encode()).digest()


def new_token(prefix: str) -> str:
    """A bearer token of 256 random bits."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def sign(secret: str, *parts: str) -> str:
    """HMAC-SHA256 over the parts with newlines between, hexadecimal."""
    return hmac.new(secret.encode(), "\n".join(parts).encode(), hashlib.sha256).hexdigest()


def is_signed(signature: str, secret: str, *parts: str) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(signature.lower().encode(), sign(secret, *parts).encode())


class Secrets:
    """Keys of one deployment. Equal positions give equal texts, and nothing else can be read."""

    def __init__(self, secret_key: str) -> None:
        self._root = secret_key.encode()
        self._feed_cipher = lru_cache(4096)(self._make_feed_cipher)
        self._pages = AESSIV(self._derive("pages", 64))

    def _export_key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._derive("export"))

    def export_public_key(self) -> bytes:
        """Key that signatures of exported files are checked with; 32 bytes, the same while
        SECRET_KEY is."""
        return self._export_key().public_key().public_bytes_raw()

    def sign_export(self, digest: bytes) -> bytes:
        """Ed25519 signature over the SHA-256 of an exported file; 64 bytes."""
        return self._export_key().sign(digest)

    @staticmethod
    def is_export_signed(public_key: bytes, signature: bytes, digest: bytes) -> bool:
        """Whether the signature over the digest was made with the key's other half."""
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(signature, digest)
        except (InvalidSignature, ValueError):
            return False
        return True

    def _derive(self, purpose: str, length: int = 32) -> bytes:
        first = hmac.new(self._root, purpose.encode() + b"\x00", hashlib.sha512).digest()
        return first[:length]

    def _make_feed_cipher(self, purpose: str, owner: UUID) -> Cipher[modes.ECB]:
        key = hmac.new(self._derive(purpose), owner.bytes, hashlib.sha256).digest()
        # One block and a key of its own for each owner: ECB repeats nothing but equal positions.
        return Cipher(algorithms.AES(key), modes.ECB())  # nosec B305  # see above

    def name_of_client(self, address: str) -> str:
        """Names a caller for limits: the address itself leaves the process nowhere."""
        return hmac.new(self._derive("clients"), address.encode(), hashlib.sha256).hexdigest()[:32]

    def seal(self, purpose: str, owner: UUID, epoch: str, number: int) -> str:
        """Seals a number (a revision or version) for its owner; 22 characters."""
        block = MAGIC[purpose] + _short(epoch) + number.to_bytes(8, "big")
        encryptor = self._feed_cipher(purpose, owner).encryptor()
        return _encode(encryptor.update(block) + encryptor.finalize())

    def unseal(self, purpose: str, owner: UUID, epoch: str, text: str) -> tuple[int, bool]:
        """The number, and whether it is of this epoch. Unsealable for anything foreign."""
        block = _decode(text)
        if len(block) != 16:
            raise Unsealable
        decryptor = self._feed_cipher(purpose, owner).decryptor()
        plain = decryptor.update(block) + decryptor.finalize()
        if plain[:4] != MAGIC[purpose]:
            raise Unsealable
        return int.from_bytes(plain[8:], "big"), plain[4:8] == _short(epoch)

    def encrypt(self, purpose: str, owner: UUID, plain: bytes) -> bytes:
        """Seals a stored secret for its owner: of no use in another's row or without the key."""
        return AESSIV(self._derive(purpose, 64)).encrypt(plain, [owner.bytes])

    def decrypt(self, purpose: str, owner: UUID, sealed: bytes) -> bytes:
        """The secret; Unsealable if it is not this owner's or the deployment's key is another."""
        try:
            return AESSIV(self._derive(purpose, 64)).decrypt(sealed, [owner.bytes])
        except (InvalidTag, ValueError) as error:
            raise Unsealable from error

    @staticmethod
    def seal_apart(plain: bytes) -> tuple[str, bytes]:
        """Seals under a random key of 32 bytes: once that is gone, nobody reads it any more."""
        key = AESSIV.generate_key(256)
        return base64.b64encode(AESSIV(key).encrypt(plain, [])).decode(), key

    @staticmethod
    def unseal_apart(sealed: str, key: bytes) -> bytes:
        """What was sealed; Unsealable with another key."""
        try:
            return AESSIV(key).decrypt(base64.b64decode(sealed), [])
        except (InvalidTag, ValueError) as error:
            raise Unsealable from error

    def seal_link(self, what: bytes) -> str:
        """Seals what a link leads to; equal things give equal links."""
        return _encode(AESSIV(self._derive("links", 64)).encrypt(what, []))

    def unseal_link(self, text: str) -> bytes:
        """What a link leads to; Unsealable for one that is none of ours."""
        try:
            return AESSIV(self._derive("links", 64)).decrypt(_decode(text), [])
        except (InvalidTag, ValueError) as error:
            raise Unsealable from error

    def address_digest(self, key: str) -> bytes:
        """What is kept of an erased address: enough to know it when it comes back."""
        return hmac.new(self._derive("address"), key.encode(), hashlib.sha256).digest()

    def calendar_token(self, staff_id: UUID, serial: int) -> str:
        """The secret in the address of a person's diary; another one for each serial number."""
        proof = hmac.new(
            self._derive("calendar"), staff_id.bytes + serial.to_bytes(8, "big"), hashlib.sha256
        ).digest()
        return _encode(staff_id.bytes + proof)

    @staticmethod
    def calendar_owner(token: str) -> UUID:
        """Whom a token names, which proves nothing yet; Unsealable for what is none."""
        data = _decode(token)
        if len(data) != 48:
            raise Unsealable
        return UUID(bytes=data[:16])

    def is_calendar_token(self, token: str, staff_id: UUID, serial: int) -> bool:
        """Whether it is the person's present one; compares in constant time."""
        return hmac.compare_digest(token, self.calendar_token(staff_id, serial))

    def seal_page(self, scope: str, position: bytes) -> str:
        """Seals a keyset position of the list named by `scope`."""
        return _encode(self._pages.encrypt(position, [scope.encode()]))

    def unseal_page(self, scope: str, text: str) -> bytes:
        """The position; Unsealable for one of another list, filter or order."""
        try:
            return self._pages.decrypt(_decode(text), [scope.encode()])
        except (InvalidTag, ValueError) as error:
            raise Unsealable from error


def _short(epoch: str) -> bytes:
    return hashlib.sha256(epoch.encode()).digest()[:4]


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    if len(text) > MAX_CURSOR or not text.isascii():
        raise Unsealable
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise Unsealable from error
    if _encode(data) != text:
        raise Unsealable
    return data

"""WeChat's cipher written anew from its documentation, so that ours is not tested against itself alone.

https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/Technical_Plan.html
"""

from __future__ import annotations

import base64
import hashlib
import struct
import xml.etree.ElementTree as ET

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def signature(*parts: str) -> str:
    """Over the sorted parts: https://developers.weixin.qq.com/doc/service/guide/dev/push/"""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - the platform's choice


def encrypted(aes_key: str, salt: bytes, xml: str, app_id: str) -> bytes:
    """AES-256-CBC over 16 bytes of salt, the length, the content and the account, filled up to whole 32 bytes."""
    plain = salt + struct.pack(">I", len(xml.encode())) + xml.encode() + app_id.encode()
    missing = 32 - len(plain) % 32
    encryptor = _cipher(aes_key).encryptor()
    return encryptor.update(plain + bytes([missing]) * missing) + encryptor.finalize()


def decrypted(aes_key: str, text: str) -> tuple[str, str]:
    decryptor = _cipher(aes_key).decryptor()
    plain = decryptor.update(base64.b64decode(text)) + decryptor.finalize()
    plain = plain[16 : -plain[-1]]
    end = 4 + struct.unpack(">I", plain[:4])[0]
    return plain[4:end].decode(), plain[end:].decode()


def parsed(xml: str) -> dict[str, str]:
    return {child.tag: child.text or "" for child in ET.fromstring(xml)}  # noqa: S314 - our own answers


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))

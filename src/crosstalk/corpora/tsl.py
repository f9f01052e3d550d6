"""The data file of Chip Chapin's Bible Retrieval System: text in an LZW format of its own.

The file (``tsl.h`` of that program) is a 92-byte header, a table of offsets, and one LZW stream in
the format of Unix ``compress``, cut into windows that can be read alone: the compressor clears its
table after each 64 KiB of text. Numbers are 32-bit big-endian.

======  ==============================================================
bytes   content
======  ==============================================================
0-3     ``EC02``: magic number and version
4-83    description
84-87   bytes of text a window
88-91   number of windows *n*
92-     *n* offsets of windows, then the offset of the end
then    the three-byte header of ``compress``, and the windows
======  ==============================================================
"""

from __future__ import annotations

import struct
from itertools import pairwise

MAGIC = b"EC02"
DESCRIPTION = b"Compressed Data File"
WINDOW_BYTES = 1 << 16

_HEADER = struct.Struct(">4s80sII")
_COMPRESS_MAGIC = b"\x1f\x9d\x90"  # block mode, codes of at most 16 bits
_CLEAR = 256
_FIRST_BITS, _MOST_BITS = 9, 16
_CODES_A_GROUP = 8  # a change of width, or a clear, starts at a multiple of this many codes


def unpack(data: bytes) -> bytes:
    """Return the text of a data file.

    Raises
    ------
    ValueError
        It is not such a file, is cut short, or a window does not hold the bytes it should.
    struct.error
        It ends within its header.

    """
    magic, _, window_bytes, count = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise ValueError(f"it starts with {magic!r} and not {MAGIC!r}")
    offsets = struct.unpack_from(f">{count + 1}I", data, _HEADER.size)
    if offsets[-1] != len(data):
        raise ValueError(f"it has {len(data)} bytes and should have {offsets[-1]}")
    windows = [_expand(data[start:end]) for start, end in pairwise(offsets)]
    if any(len(window) != window_bytes for window in windows[:-1]):
        raise ValueError(f"a window does not hold {window_bytes} bytes of text")
    return b"".join(windows)


def pack(text: bytes) -> bytes:
    """Return the data file that holds ``text``; `unpack` reverses it."""
    starts = range(0, len(text), WINDOW_BYTES)
    windows = [_compress(text[start : start + WINDOW_BYTES]) for start in starts]
    offset = _HEADER.size + 4 * (len(windows) + 1) + len(_COMPRESS_MAGIC)
    offsets = [offset]
    for window in windows:
        offsets.append(offsets[-1] + len(window))
    header = _HEADER.pack(MAGIC, DESCRIPTION, WINDOW_BYTES, len(windows))
    table = struct.pack(f">{len(offsets)}I", *offsets)
    return b"".join([header, table, _COMPRESS_MAGIC, *windows])


def _expand(data: bytes) -> bytes:
    """Decode one window of LZW codes, up to the code that clears the table or the last one."""
    table = [bytes([byte]) for byte in range(256)] + [b""]
    out = []
    previous = b""
    bits = _FIRST_BITS
    position = codes = 0  # bit where the codes of this width start; how many were read
    while (start := position + codes * bits) + bits <= len(data) * 8:
        byte = start >> 3
        code = int.from_bytes(data[byte : byte + 4], "little") >> (start & 7) & ((1 << bits) - 1)
        codes += 1
        if code == _CLEAR:
            break
        if code < len(table):
            entry = table[code]
        elif code == len(table) and previous:
            entry = previous + previous[:1]
        else:
            raise ValueError(f"code {code} is not in a table of {len(table)}")
        if previous and len(table) < 1 << _MOST_BITS:
            table.append(previous + entry[:1])
        out.append(entry)
        previous = entry
        if len(table) == 1 << bits and bits < _MOST_BITS:
            position += -(-codes // _CODES_A_GROUP) * _CODES_A_GROUP * bits
            codes = 0
            bits += 1
    return b"".join(out)


def _compress(text: bytes) -> bytes:
    """Encode one window, the inverse of `_expand`; it ends with the code that clears the table."""
    table = {bytes([byte]): byte for byte in range(256)}
    free = _CLEAR + 1
    bits = _FIRST_BITS
    groups = bytearray()
    pending: list[int] = []
    phrase = b""

    def emit(code: int) -> None:
        pending.append(code)
        if len(pending) == _CODES_A_GROUP:
            flush()

    def flush() -> None:
        packed = sum(code << (place * bits) for place, code in enumerate(pending))
        groups.extend(packed.to_bytes(bits if pending else 0, "little"))
        pending.clear()

    for byte in text:
        longer = phrase + bytes([byte])
        if longer in table:
            phrase = longer
            continue
        emit(table[phrase])
        if free > (1 << bits) - 1 and bits < _MOST_BITS:
            flush()
            bits += 1
        if free < 1 << _MOST_BITS:
            table[longer] = free
            free += 1
        phrase = bytes([byte])
    if phrase:
        emit(table[phrase])
        if free > (1 << bits) - 1 and bits < _MOST_BITS:
            flush()
            bits += 1
    emit(_CLEAR)
    flush()
    return bytes(groups)

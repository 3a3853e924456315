"""What a server keeps and says, as bytes to search: files as they are, and again with what is packed in them unpacked."""
import base64
import ctypes
import ctypes.util
import urllib.parse
import zlib

ZSTD, GZIP = b"\x28\xb5\x2f\xfd", b"\x1f\x8b\x08"
UNPACKED_MAX = 1 << 26
NOT_KEPT_SEALED = ("credentials", "keys/master")  # the owner's own file, and the key that everything else is sealed under


def frames(content):
    """The zstd frames in these bytes, unpacked: history is made of them."""
    library = ctypes.CDLL(ctypes.util.find_library("zstd"))
    library.ZSTD_decompress.restype = library.ZSTD_findFrameCompressedSize.restype = ctypes.c_size_t
    at = content.find(ZSTD)
    while at >= 0:
        rest = content[at:]
        size = library.ZSTD_findFrameCompressedSize(rest, ctypes.c_size_t(len(rest)))
        if not library.ZSTD_isError(ctypes.c_size_t(size)):
            out = ctypes.create_string_buffer(1 << 20)
            got = library.ZSTD_decompress(out, ctypes.c_size_t(len(out)), rest, ctypes.c_size_t(size))
            if not library.ZSTD_isError(ctypes.c_size_t(got)):
                yield out.raw[:got]
        at = content.find(ZSTD, at + 4)


def members(content):
    """The gzip members in these bytes, unpacked: delivered files are such."""
    at = content.find(GZIP)
    while at >= 0:
        try:
            yield zlib.decompressobj(31).decompress(content[at:], UNPACKED_MAX)
        except zlib.error:
            pass
        at = content.find(GZIP, at + 3)


def kept(data):
    """(name, bytes) of all files below a data directory."""
    for path in sorted(data.rglob("*")):
        name = str(path.relative_to(data))
        if not path.is_file() or name in NOT_KEPT_SEALED:
            continue
        content = path.read_bytes()
        yield name, content
        for unpacked in [*frames(content), *members(content)]:
            yield name + " (unpacked)", unpacked


def forms(secret):
    """A secret as it might be written down."""
    raw = secret if isinstance(secret, bytes) else secret.encode()
    yield raw
    yield base64.b64encode(raw)
    yield base64.b32encode(raw).rstrip(b"=")
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield urllib.parse.quote(raw, safe="").encode()
    yield raw.replace(b"/", b"\\/")


def where(secrets, places):
    """Which secrets (name -> value) stand where: a list of (name of the secret, name of the place), empty where all is well."""
    wanted = [(name, form) for name, secret in secrets.items() for form in set(forms(secret)) if len(form) >= 8]
    return sorted({(name, place) for place, content in places for name, form in wanted if form in content})

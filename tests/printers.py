"""What printers of labels make of what is sent to them: a small reader of ZPL and one of TSPL.

They know the commands that ``labels`` writes and refuse all others, so that a test sees the dots
that would be burnt, and sees that nothing else was said.
"""

import io
import re
import zlib
from base64 import b64decode
from binascii import crc_hqx

from PIL import Image

_DG = re.compile(r"~DG(R:\w+\.GRF),(\d+),(\d+),")
_GF = re.compile(r"GFA,(\d+),(\d+),(\d+),")
_PLAIN = re.compile(r"(XA|XZ|FS|PW\d+|LL\d+|LH0,0|PR\d+|FO\d+,\d+|XGR:\w+\.GRF,1,1|IDR:\w+\.GRF)")
_SD = re.compile(r"~SD\d\d\n")
_DATA_END = re.compile(r"[\^~]")


def zpl(data: bytes) -> list[Image.Image]:
    """The labels that a ZPL printer prints, mode "1"."""
    text = data.decode("ascii")
    stored: dict[str, Image.Image] = {}
    labels: list[Image.Image] = []
    at, spot, page, width = 0, (0, 0), Image.new("1", (1, 1)), 0
    while at < len(text):
        if text[at] == "\n":
            at += 1
            continue
        if found := _DG.match(text, at):
            name, total, row = found[1], int(found[2]), int(found[3])
            end = _end(text, found.end())
            stored[name] = graphic(text[found.end() : end].rstrip("\n"), total, row)
            at = end
            continue
        if found := _SD.match(text, at):
            at = found.end()
            continue
        assert text[at] == "^", text[at : at + 40]
        at += 1
        if found := _GF.match(text, at):
            end = _end(text, found.end())
            assert found[1] == found[2]
            picture = graphic(text[found.end() : end], int(found[1]), int(found[3]))
            _lay(page, picture, spot)
            at = end
            continue
        plain = _PLAIN.match(text, at)
        assert plain, text[at : at + 40]
        command = plain.group()
        at = plain.end()
        if command.startswith("PW"):
            width = int(command[2:])
        elif command.startswith("LL"):
            page = Image.new("1", (width, int(command[2:])), 255)
            labels.append(page)
        elif command.startswith("FO"):
            x, y = command[2:].split(",")
            spot = int(x), int(y)
        elif command.startswith("XG"):
            _lay(page, stored[command[2:].split(",")[0]], spot)
        elif command.startswith("ID"):
            del stored[command[2:]]
    assert stored == {}, "what was stored is deleted at the end"
    return labels


def _end(text: str, start: int) -> int:
    found = _DATA_END.search(text, start)
    assert found
    return found.start()


def graphic(field: str, total: int, row: int) -> Image.Image:
    """The picture in the data of a graphic field: ``total`` bytes, ``row`` to a row of dots."""
    if field.startswith(":Z64:"):
        _, _, packed, check = field.split(":")
        assert crc_hqx(packed.encode(), 0) == int(check, 16)
        data = zlib.decompress(b64decode(packed))
    else:
        data = _expanded(field, row)
    assert len(data) == total
    light = bytes(255 - byte for byte in data)
    return Image.frombytes("1", (row * 8, total // row), light)


def _expanded(field: str, row: int) -> bytes:
    rows: list[str] = []
    line, count = "", 0
    for letter in field:
        if letter == ":":
            assert not line
            rows.append(rows[-1])
            continue
        if letter in ",!":
            line = line.ljust(2 * row, "0" if letter == "," else "F")
        elif "G" <= letter <= "Y":
            count += ord(letter) - ord("F")
        elif "g" <= letter <= "z":
            count += 20 * (ord(letter) - ord("f"))
        else:
            line += letter * (count or 1)
            count = 0
        if len(line) == 2 * row:
            rows.append(line)
            line = ""
    assert not line
    return bytes.fromhex("".join(rows))


def _lay(page: Image.Image, picture: Image.Image, spot: tuple[int, int]) -> None:
    """Ink is added; white leaves what is there. Nothing may lie outside the label but white."""
    dark = picture.convert("L").point(lambda grey: 255 - grey)
    ink = dark.getbbox()
    if ink:
        assert spot[0] + ink[2] <= page.width
        assert spot[1] + ink[3] <= page.height
    page.paste(0, spot, dark.convert("1"))


_TSPL = re.compile(
    rb"SIZE ([\d.]+) mm,([\d.]+) mm|GAP [\d.]+ mm,0 mm|DIRECTION 1|REFERENCE 0,0|CLS|PRINT 1,1"
    rb"|SPEED \d+|DENSITY \d+"
    rb'|PUTBMP (\d+),(\d+),"(\w+\.BMP)"|KILL "(\w+\.BMP)"'
    rb'|DOWNLOAD "(\w+\.BMP)",(\d+),|BITMAP (\d+),(\d+),(\d+),(\d+),0,'
)


def tspl(data: bytes, dpi: int) -> list[Image.Image]:
    """The labels that a TSPL printer of ``dpi`` prints, mode "1"."""
    stored: dict[bytes, Image.Image] = {}
    labels: list[Image.Image] = []
    page, size, at = Image.new("1", (1, 1)), (0, 0), 0
    while at < len(data):
        found = _TSPL.match(data, at)
        assert found, data[at : at + 40]
        at = found.end()
        if found[1]:
            size = (round(float(found[1]) * dpi / 25.4), round(float(found[2]) * dpi / 25.4))
        elif found.group() == b"CLS":
            page = Image.new("1", size, 255)
        elif found[5]:
            page.paste(stored[found[5]], (int(found[3]), int(found[4])))
        elif found[6]:
            del stored[found[6]]
        elif found[7]:
            end = at + int(found[8])
            stored[found[7]] = Image.open(io.BytesIO(data[at:end])).convert("1")
            at = end
        elif found[9]:
            x, y, row, high = (int(found[n]) for n in (9, 10, 11, 12))
            end = at + row * high
            page.paste(Image.frombytes("1", (8 * row, high), data[at:end]), (x, y))  # overwrites
            at = end
        elif found.group() == b"PRINT 1,1":
            labels.append(page)
        assert data[at : at + 2] == b"\r\n"
        at += 2
    assert stored == {}, "what was stored is deleted at the end"
    return labels

# SPDX-License-Identifier: MIT
"""Writes include/diffmem/text/detail/tables.cpp: what the text room knows as data.

    .venv-python/bin/python tools/text_tables.py > include/diffmem/text/detail/tables.cpp

From Python: its codecs and the HTML entities.  From regex: letters and numbers younger than Unicode 15, which is ICU 72's.
From ftfy (Apache-2.0): which characters its heuristic of mojibake puts into which category.
"""
import html
import platform
import re
import unicodedata
from importlib.metadata import version

import regex
from ftfy import bad_codecs, badness, chardata  # bad_codecs: Python learns the sloppy encodings

bad_codecs.ok()
KINDS = ("common", "c1", "bad", "law", "currency", "start_punctuation", "end_punctuation", "numeric", "kaomoji",
         "upper_accented", "lower_accented", "upper_common", "lower_common", "box")


def runs(value_of, stop):
    """[first, last, value] of neighbours with one value, 0 left out."""
    out = []
    for c in range(stop):
        value = 0 if 0xD800 <= c < 0xE000 else value_of(chr(c))
        if value and out and out[-1][1] == c - 1 and out[-1][2] == value:
            out[-1][1] = c
        elif value:
            out.append([c, c, value])
    return out


def rows(items):
    line = "   "
    for item in items:
        if len(line) + len(item) > 116:
            print(line)
            line = "   "
        line += " " + item + ","
    print(line)


def quoted(text):
    return '"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\?' else f"\\{b:03o}" for b in text.encode()) + '"'


print("// SPDX-License-Identifier: MIT")
print(f"// Made by tools/text_tables.py with Python {platform.python_version()} (Unicode {unicodedata.unidata_version}), "
      f"regex {version('regex')}, ftfy {version('ftfy')}.")
print("// The categories of characters are those of ftfy's heuristic (Apache-2.0, Robyn Speer).")
print("#include <diffmem/text/detail/tables.hpp>\n\n// clang-format off")
print("namespace diffmem::text_tables {\nnamespace {\n")

print("constexpr Encoding kEncodingTable[] = {")
for name in chardata.CHARMAP_ENCODINGS:
    print(f'    {{"{name}",\n     {{')
    rows(f"0x{ord(bytes([b]).decode(name)):x}" for b in range(128, 256))
    print("     }},")
print("};\n")

sets = [re.compile("[" + badness.MOJIBAKE_CATEGORIES[kind] + "]") for kind in KINDS]
print("constexpr Run kKindTable[] = {  // of the bits of Kind")
rows(f"{{0x{a:x}, 0x{b:x}, 0x{v:x}}}" for a, b, v in
     runs(lambda ch: sum(1 << i for i, s in enumerate(sets) if s.match(ch)), 0x10000))
print("};\n")

letter, number = regex.compile(r"\p{L}"), regex.compile(r"\p{N}")


def young(ch):
    return unicodedata.category(ch) == "Cn"


print("constexpr Run kYoungTable[] = {  // 1 letters, 2 numbers that Unicode 14 does not have")
rows(f"{{0x{a:x}, 0x{b:x}, {v}}}" for a, b, v in
     runs(lambda ch: (1 if letter.match(ch) else 2 if number.match(ch) else 0) if young(ch) else 0, 0x110000))
print("};\n")

print("constexpr Entity kEntityTable[] = {  // by name")
for name, value in sorted(chardata.HTML_ENTITIES.items(), key=lambda item: item[0][1:-1]):
    print(f"    {{{quoted(name[1:-1])}, {quoted(value)}}},")
print("};\n")
print("""}  // namespace

const std::span<const Encoding> kEncodings = kEncodingTable;
const std::span<const Run> kKinds = kKindTable;
const std::span<const Run> kYoung = kYoungTable;
const std::span<const Entity> kEntities = kEntityTable;

}  // namespace diffmem::text_tables""")

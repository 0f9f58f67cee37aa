// SPDX-License-Identifier: MIT
// Texts that were read in a wrong encoding, and other accidents, put right.
#pragma once
#include <string>
#include <string_view>

namespace diffmem {

/// `text` as ftfy.fix_text of ftfy 6.3.1 returns it, by which CLIP's tokenizer cleans a caption.  Line by line, until
/// nothing changes: HTML's entities become characters (up to the first line with a '<'); UTF-8 that was read as Latin-1, one
/// of Windows' encodings, Latin-2, MacRoman or cp437 is read again; ligatures, full-width letters, curly quotes, line breaks and
/// control characters become plain; NFC.  UTF-8 in and out.  Error that says where, if `text` is not.
std::string repair(std::string_view text);

}  // namespace diffmem

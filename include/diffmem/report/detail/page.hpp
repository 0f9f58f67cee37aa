// SPDX-License-Identifier: MIT
// What every report page is made of: its frame, its style, and pieces of it.
#pragma once
#include <diffmem/report/png.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace diffmem::report_page {

using Facts = std::vector<std::pair<std::string, std::string>>;  // name, value

/// A whole page that asks nothing of anybody: no script, no request.  `title` is any text; `head` (below the title) and
/// `main` are HTML; `images` is where these may come from (of a Content-Security-Policy).
std::string page(std::string_view title, std::string_view head, std::string_view main,
                 std::string_view images = "data:");

/// Any text as HTML text or attribute.
std::string safe(std::string_view text);
/// A picture as the address of an image in a page or drawing.
std::string data_url(const Bitmap& picture);
/// A drawing with a title above and a caption (HTML) below; "" if there is none.
std::string curve(std::string_view svg, std::string_view title, std::string_view caption);
/// Names and values as a table; "" if there are none.
std::string facts(const Facts& pairs);
/// Names and values that open when `summary` is clicked; "" if there are none.
std::string details(std::string_view summary, const Facts& facts);

}  // namespace diffmem::report_page

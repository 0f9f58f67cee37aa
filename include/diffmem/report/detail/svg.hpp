// SPDX-License-Identifier: MIT
// From gnuplot's SVG to ours: small, named, coloured by a palette that a page may replace.
#pragma once
#include <array>
#include <string>
#include <string_view>

namespace diffmem {

/// Okabe and Ito's colours, safe for the colour-blind, without the two that are too pale on white.
inline constexpr std::array<std::string_view, 6> palette{"#0072b2", "#d55e00", "#009e73",
                                                         "#b3589a", "#8a6d00", "#56606b"};
inline constexpr std::string_view ink = "#24292f", faint = "#d0d7de";

/// gnuplot's drawing as an SVG file: ids begin with `name`, `alt` is its spoken text, colours are plain #rrggbb, black is
/// `ink`.  Error when it is not a whole drawing.
std::string clean_svg(std::string_view drawing, std::string_view name, std::string_view alt);

/// The same for use inside HTML: without XML names, colours as var(--c0) ... var(--c5), var(--ink), var(--faint).
std::string inline_svg(std::string_view svg);

}  // namespace diffmem

// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/report/detail/svg.hpp>
#include <diffmem/report/detail/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace diffmem {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// Calls `change` on every tag, <...>, and leaves the texts between them alone: they may hold anything.
template <class Change>
std::string change_tags(std::string_view svg, Change&& change) {
  std::string out;
  out.reserve(svg.size());
  while (!svg.empty()) {
    const std::size_t open = svg.find('<');
    out += svg.substr(0, open);
    if (open == std::string_view::npos) break;
    svg.remove_prefix(open);
    const std::size_t close = svg.find('>');
    std::string tag(svg.substr(0, close == std::string_view::npos ? close : close + 1));
    svg.remove_prefix(tag.size());
    change(tag);
    out += tag;
  }
  return out;
}

/// rgb( 12, 34, 56) as #0c2238.
void hexadecimal(std::string& tag) {
  for (std::size_t at = tag.find("rgb("); at != std::string::npos; at = tag.find("rgb(", at)) {
    const std::size_t end = tag.find(')', at);
    if (end == std::string::npos) return;
    int value[3]{};
    const char* from = tag.c_str() + at + 4;
    for (int& v : value) {
      char* next = nullptr;
      v = static_cast<int>(std::strtol(from, &next, 10));
      from = *next == ',' ? next + 1 : next;
    }
    tag.replace(at, end + 1 - at, fmt::format("#{:02x}{:02x}{:02x}", value[0], value[1], value[2]));
  }
}

void remove_elements(std::string& text, std::string_view open, std::string_view close) {
  for (std::size_t at = text.find(open); at != std::string::npos; at = text.find(open, at)) {
    const std::size_t end = text.find(close, at);
    if (end == std::string::npos) return;
    text.erase(at, end + close.size() - at);
  }
}

}  // namespace

std::string clean_svg(std::string_view drawing, std::string_view name, std::string_view alt) {
  const std::size_t root = drawing.find("<svg"), body = drawing.find('>', root == std::string_view::npos ? 0 : root);
  const std::size_t box = drawing.find("viewBox=\"", root), box_end = drawing.find('"', box + 9);
  const std::size_t end = drawing.rfind("</svg>");
  if (root == std::string_view::npos || end == std::string_view::npos || box > body || box_end > body)
    throw Error("plot", fmt::format("{} bytes that are no SVG from gnuplot", drawing.size()), "one drawing",
                "check that gnuplot is 5.4 or newer (Debian package gnuplot-nox)");
  std::string inside(drawing.substr(body + 1, end - body - 1));
  remove_elements(inside, "<title>", "</title>");
  remove_elements(inside, "<desc>", "</desc>");
  remove_elements(inside, "<filter", "</filter>");
  inside = change_tags(inside, [&](std::string& tag) {
    for (const std::string_view quote : {"'", "\""}) {
      replace_all(tag, fmt::format("={0}black{0}", quote), fmt::format("={0}{1}{0}", quote, ink));
      replace_all(tag, fmt::format(" id={}gp", quote), fmt::format(" id={}{}-gp", quote, name));
      replace_all(tag, fmt::format(" id={}gnuplot_", quote), fmt::format(" id={}{}-", quote, name));
    }
    replace_all(tag, "'#gp", fmt::format("'#{}-gp", name));
    hexadecimal(tag);
  });
  std::string lines;  // gnuplot indents and leaves blank lines
  for (std::size_t at = 0; at < inside.size();) {
    const std::size_t stop = std::min(inside.find('\n', at), inside.size());
    const std::size_t first = inside.find_first_not_of(" \t", at);
    if (first < stop) lines += inside.substr(first, stop - first) + "\n";
    at = stop + 1;
  }
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" viewBox=\"{}\" "
      "role=\"img\" aria-label=\"{}\">\n{}</svg>\n",
      drawing.substr(box + 9, box_end - box - 9), report_text::escape(report_text::one_line(alt)), lines);
}

std::string inline_svg(std::string_view svg) {
  return change_tags(svg, [](std::string& tag) {
    replace_all(tag, " xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\"", "");
    for (const std::string_view quote : {"'", "\""}) {
      const auto colour = [&](std::string_view from, std::string_view variable) {
        replace_all(tag, fmt::format("={0}{1}{0}", quote, from), fmt::format("={0}var(--{1}){0}", quote, variable));
      };
      colour(ink, "ink");
      colour(faint, "faint");
      for (std::size_t i = 0; i < palette.size(); ++i) colour(palette[i], fmt::format("c{}", i));
    }
  });
}

}  // namespace diffmem

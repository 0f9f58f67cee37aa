// SPDX-License-Identifier: MIT
#include <diffmem/report/detail/page.hpp>
#include <diffmem/report/detail/svg.hpp>
#include <diffmem/report/detail/text.hpp>

#include <fmt/format.h>

namespace diffmem::report_page {
namespace {

using namespace report_text;

constexpr std::string_view style = R"(
:root { color-scheme: light dark; --paper: #fff; --ink: #24292f; --soft: #57606a; --faint: #d0d7de; --panel: #f6f8fa;
  --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #b3589a; --c4: #8a6d00; --c5: #56606b; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181d; --ink: #e6e9ed; --soft: #a3acb6; --faint: #3a424b;
  --panel: #1c2128; --c0: #56b4e9; --c1: #ff8a3d; --c2: #2fc79b; --c3: #d98bc4; --c4: #d6b437; --c5: #a3acb6; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 84rem; padding: 2rem clamp(1rem, 4vw, 3rem) 3rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 2.6rem 0 .8rem; font-size: 1.3rem; }
h3 { margin: 0; font-size: 1rem; }
p { margin: .4rem 0; max-width: 48rem; }
.soft, figcaption { color: var(--soft); font-size: .92rem; }
.question { font-size: 1.15rem; }
.answer { margin: 1.4rem 0; padding: 1rem 1.2rem; border-left: .3rem solid var(--c0); background: var(--panel); }
.answer p { max-width: none; }
.answer .lead { font-size: 1.3rem; line-height: 1.35; font-weight: 600; }
.several .lead { margin-top: .8rem; font-size: 1.05rem; }
.claims { margin: .6rem 0 0; padding: 0; list-style: none; }
.claims li { display: grid; grid-template-columns: 8.5rem 1fr; gap: .1rem 1rem; padding: .55rem 0; border-top: 1px solid var(--faint); }
.claims .soft { grid-column: 2; }
.verdict { grid-row: span 3; justify-self: start; align-self: start; padding: 0 .5em; border: 2px solid var(--soft); border-radius: .3em;
  font-size: .92rem; font-weight: 600; color: var(--ink); }
.held { border-color: var(--c0); color: var(--c0); }
.broken { border: 4px double var(--c1); color: var(--c1); }
.open { border-style: dashed; }
.curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); gap: 1.6rem 2.4rem; }
figure { margin: 0; min-width: 0; max-width: 42rem; }
svg { display: block; width: 100%; height: auto; }
.strips { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 34rem), 1fr)); gap: 1.8rem 2.4rem; }
.strip ol { display: grid; grid-template-columns: repeat(8, max-content); gap: .3rem; margin: .5rem 0 0; padding: 0; list-style: none; }
.pair { padding: 4px; border: 3px solid transparent; }
.memorized { border-color: var(--c1); }
.pair img { display: block; width: 48px; height: auto; image-rendering: pixelated; }
.pair img + img { margin-top: 4px; }
.pair span { display: block; width: 48px; text-align: center; font-size: .75rem; color: var(--soft); }
.key { display: inline-block; width: 1em; height: 1em; border: 3px solid var(--c1); vertical-align: -.15em; }
.key.dashed { border-style: dashed; }
.neighbours { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: .5rem; margin: .8rem 0;
  padding: 0; list-style: none; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .45rem; border-bottom: 1px solid var(--faint); text-align: right; white-space: nowrap; }
th { font-weight: 600; }
thead th { vertical-align: bottom; border-bottom-color: var(--soft); }
tr > :first-child { padding-left: 0; text-align: left; }
.scroll tr > :first-child { position: sticky; left: 0; background: var(--paper); }
details { margin: .5rem 0; border-top: 1px solid var(--faint); padding-top: .5rem; }
summary { cursor: pointer; font-weight: 600; }
.facts td, .facts th { text-align: left; white-space: normal; vertical-align: top; overflow-wrap: anywhere; }
.own td, .own th { text-align: left; vertical-align: top; }
.facts th { width: 14rem; font-weight: 400; color: var(--soft); }
code { font-size: .9em; overflow-wrap: anywhere; }
.gallery section { display: grid; grid-template-columns: minmax(0, 22rem) minmax(0, 1fr); gap: .4rem 2.4rem;
  padding: 1.4rem 0; border-top: 1px solid var(--faint); break-inside: avoid; }
.gallery h2 { margin: 0; }
.gallery img { width: 100%; height: auto; background: #fff; border-radius: .3rem; }
@media (max-width: 640px) { .gallery section, .claims li { grid-template-columns: minmax(0, 1fr); }
  .claims .soft { grid-column: 1; } .verdict { grid-row: auto; } }
@media (max-width: 640px) { .strip ol { grid-template-columns: repeat(4, max-content); } .pair img, .pair span { width: 64px; } }
@media print { :root { --paper: #fff; --ink: #24292f; --soft: #57606a; --faint: #d0d7de; --panel: #f6f8fa; --c0: #0072b2;
    --c1: #d55e00; --c2: #009e73; --c3: #b3589a; --c4: #8a6d00; --c5: #56606b; }
  body { padding: 0; max-width: none; font-size: .8rem; } .scroll { overflow: visible; } table { font-size: .62rem; }
  .curves, .strips { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1rem; }
  .strip ol { gap: 1px; } .pair img, .pair span { width: 26px; }
  th, td { padding: .25rem .2rem; white-space: normal; overflow-wrap: anywhere; } h2, h3 { break-after: avoid; }
  .scroll tr > :first-child { position: static; }
  .strip, figure, tr, .claims li { break-inside: avoid; } }
)";

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto byte = [&](std::size_t i) -> unsigned {
      return at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0u;
    };
    const unsigned three = byte(0) << 16 | byte(1) << 8 | byte(2);
    for (std::size_t i = 0; i < 4; ++i) out += at + i <= bytes.size() ? digits[three >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

}  // namespace

std::string page(std::string_view title, std::string_view head, std::string_view main, std::string_view images) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src {}; style-src "
      "'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<link rel=\"icon\" "
      "href=\"data:,\">\n"
      "<style>{}</style>\n</head>\n<body>\n<header>\n<h1>{}</h1>\n{}</header>\n<main>\n{}</main>\n</body>\n</html>\n",
      images, safe(title), style, safe(title), head, main);
}

std::string safe(std::string_view text) { return escape(one_line(text)); }

std::string data_url(const Bitmap& picture) { return "data:image/png;base64," + base64(encode_png(picture)); }

std::string curve(std::string_view svg, std::string_view title, std::string_view caption) {
  if (svg.empty()) return "";
  return fmt::format("<figure>\n<h3>{}</h3>\n{}<figcaption>{}</figcaption>\n</figure>\n", title, inline_svg(svg),
                     caption);
}

std::string facts(const Facts& pairs) {
  if (pairs.empty()) return "";
  std::string out = "<div class=\"scroll\" tabindex=\"0\"><table class=\"facts\"><tbody>\n";
  for (const auto& [name, value] : pairs)
    out += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", safe(name),
                       value.empty() ? std::string(missing) : safe(value));
  return out + "</tbody></table></div>\n";
}

std::string details(std::string_view summary, const Facts& pairs) {
  return pairs.empty() ? ""
                       : fmt::format("<details>\n<summary>{}</summary>\n{}</details>\n", safe(summary), facts(pairs));
}

}  // namespace diffmem::report_page

// SPDX-License-Identifier: MIT
// One listing per parameter struct serves everything: each(self, visit(name, field)) prints it, reads it from text,
// records it and refuses strangers.  Fields are numbers, strings, lists of int, enums with words, or nested listings.
#pragma once
#include <diffmem/core/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace diffmem {

/// A struct that lists its fields.
template <class P>
concept Listed = requires(P& p) { std::remove_cvref_t<P>::each(p, [](std::string_view, auto&) {}); };

/// An enum with words: words_of(E{}) returns them in the order of its values.
template <class E>
concept Worded = std::is_enum_v<E> && requires(E e) { words_of(e); };

template <class T>
std::string to_text(const T& value) {
  if constexpr (Worded<T>)
    return std::string(words_of(value)[static_cast<std::size_t>(value)]);
  else if constexpr (std::same_as<T, std::vector<int>>)
    return fmt::format("{}", fmt::join(value, ","));
  else if constexpr (std::same_as<T, bool>)
    return value ? "true" : "false";
  else
    return fmt::format("{}", value);
}

/// Reads `text` into `value`; false if it is not of that type.
template <class T>
bool from_text(std::string_view text, T& value) {
  if constexpr (Worded<T>) {
    const auto& words = words_of(value);
    for (std::size_t i = 0; i < std::size(words); ++i)
      if (words[i] == text) return value = static_cast<T>(i), true;
    return false;
  } else if constexpr (std::same_as<T, std::string>) {
    value = text;
    return true;
  } else if constexpr (std::same_as<T, bool>) {
    value = text == "true";
    return text == "true" || text == "false";
  } else if constexpr (std::same_as<T, std::vector<int>>) {
    std::vector<int> list;
    while (true) {
      const std::size_t comma = text.find(',');
      if (int item = 0; from_text(text.substr(0, comma), item))
        list.push_back(item);
      else
        return false;
      if (comma == std::string_view::npos) return value = std::move(list), true;
      text.remove_prefix(comma + 1);
    }
  } else {
    T number{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc{} || end != text.data() + text.size()) return false;
    value = number;
    return true;
  }
}

using Listing = std::vector<std::pair<std::string, std::string>>;

/// Every field of `params` as ("a.b", text), in order.
template <Listed P>
Listing list_params(const P& params, const std::string& prefix = "") {
  Listing result;
  P::each(params, [&](std::string_view name, const auto& field) {
    const std::string path = prefix + std::string(name);
    if constexpr (Listed<decltype(field)>) {
      for (auto& entry : list_params(field, path + ".")) result.push_back(std::move(entry));
    } else {
      result.emplace_back(path, to_text(field));
    }
  });
  return result;
}

/// Sets the field "a.b" of `params` from text; false if there is none.  Error naming the type if text is not of it.
template <Listed P>
bool try_set_param(P& params, std::string_view path, std::string_view text) {
  bool found = false;
  const auto visit = [&](auto&& self, auto& node, const std::string& prefix) -> void {
    std::remove_cvref_t<decltype(node)>::each(node, [&](std::string_view name, auto& field) {
      const std::string here = prefix + std::string(name);
      if constexpr (Listed<decltype(field)>) {
        self(self, field, here + ".");
      } else if (here == path) {
        found = true;
        std::string want = "a value like " + to_text(field);
        if constexpr (Worded<std::remove_cvref_t<decltype(field)>>)
          want = fmt::format("one of {}", fmt::join(words_of(field), " "));
        if (!from_text(text, field))
          throw Error("--set " + here, fmt::format("\"{}\"", text), want, "correct the value");
      }
    });
  };
  visit(visit, params, "");
  return found;
}

/// The same; Error naming the fields if there is none.
template <Listed P>
void set_param(P& params, std::string_view path, std::string_view text) {
  if (try_set_param(params, path, text)) return;
  std::vector<std::string> names;
  for (const auto& [name, value] : list_params(params)) names.push_back(name);
  throw Error("--set", fmt::format("no field \"{}\"", path), fmt::format("one of {}", fmt::join(names, " ")),
              "correct the name");
}

}  // namespace diffmem

// SPDX-License-Identifier: MIT
// One listing per parameter struct serves everything: each(self, visit(name, field)) prints it, reads it from text,
// records it and refuses strangers.  Fields are numbers, strings, lists of int, enums with words, or nested listings.
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/core/policy.hpp>
#include <diffmem/core/text.hpp>

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
    if (text.empty()) return value.clear(), true;
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

/// Every field of `params` as ("a.b", text), in order, after what `list` holds.
template <Listed P>
void list_params(const P& params, const std::string& prefix, Listing& list) {
  P::each(params, [&](std::string_view name, const auto& field) {
    std::string path = prefix;
    path += name;
    if constexpr (Listed<decltype(field)>) {
      path += '.';
      list_params(field, path, list);
    } else {
      list.emplace_back(std::move(path), to_text(field));
    }
  });
}
template <Listed P>
Listing list_params(const P& params) {
  Listing list;
  list_params(params, "", list);
  return list;
}

/// What a text must be to become a value like `field`.
template <class T>
std::string expected(const T& field) {
  if constexpr (Worded<T>)
    return fmt::format("{}", fmt::join(words_of(field), " or "));
  else if constexpr (std::same_as<T, std::vector<int>>)
    return "whole numbers with commas between";
  else
    return fmt::format("a value like {}", to_text(field));
}

/// Reads `text` into the field called `path`.  Error of `who` naming it if the text is not of its type.
template <class T>
void set_field(std::string_view path, T& field, std::string_view text, std::string_view who) {
  if (!from_text(text, field))
    throw Error(fmt::format("{} {}", who, path), fmt::format("\"{}\"", text), expected(field), "correct the value");
}

/// Sets the field "a.b" of `params` from text; false if there is none.  Error of `who` naming the type if the text is
/// not of it.  The first `from` letters of the path led to `params`.
template <Listed P>
bool try_set_param(P& params, std::string_view path, std::string_view text, std::string_view who = "--set",
                   std::size_t from = 0) {
  bool found = false;
  P::each(params, [&](std::string_view name, auto& field) {
    const std::string_view rest = path.substr(from);
    if (!rest.starts_with(name)) return;
    if constexpr (Listed<decltype(field)>) {
      if (rest.substr(name.size()).starts_with('.'))
        found |= try_set_param(field, path, text, who, from + name.size() + 1);
    } else if (rest == name) {
      found = true;
      set_field(path, field, text, who);
    }
  });
  return found;
}

/// The same; Error naming the fields if there is none.
template <Listed P>
void set_param(P& params, std::string_view path, std::string_view text, std::string_view who = "--set") {
  if (try_set_param(params, path, text, who)) return;
  std::vector<std::string> names;
  for (const auto& [name, value] : list_params(params)) names.push_back(name);
  names = nearest_first(std::move(names), path);
  throw Error(who, fmt::format("no field \"{}\"", path), fmt::format("one of {}", fmt::join(names, " ")),
              fmt::format("correct the name: {}?", names.front()));
}

}  // namespace diffmem

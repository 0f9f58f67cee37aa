// SPDX-License-Identifier: MIT
#include <diffmem/core/runtime.hpp>
#include <diffmem/study/command_line.hpp>

#include <ATen/Context.h>
#include <fmt/format.h>
#include <boost/program_options.hpp>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <list>

namespace diffmem {

namespace po = boost::program_options;

int exit_code_of(const std::function<int()>& act) {
  try {
    return act();
  } catch (const UsageError& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 2;
  } catch (const Interrupted& e) {
    fmt::print(stderr, "\n{}\n", e.what());
    return 130;
  } catch (const std::exception& e) {
    fmt::print(stderr, "error: {}\n", e.what());
    return 1;
  }
}

std::vector<Assignment> parse_sets(const std::vector<std::string>& items) {
  std::vector<Assignment> result;
  for (const std::string& item : items) {
    const std::size_t equals = item.find('=');
    if (equals == std::string::npos)
      throw Error("--set", fmt::format("\"{}\"", item), "NAME=VALUE", "write, for example, --set train.lr=1e-3");
    result.emplace_back(item.substr(0, equals), item.substr(equals + 1));
  }
  return result;
}

at::Device parse_device(const std::string& word) {
  if (word == "cpu") return at::kCPU;
  if (word != "cuda") throw Error("--device", fmt::format("\"{}\"", word), "cpu or cuda", "correct the word");
#ifdef DIFFMEM_CUDA
  if (at::hasCUDA()) return at::Device(at::kCUDA, 0);
  throw Error("--device cuda", "no CUDA device", "an NVIDIA GPU with a driver for CUDA 13",
              "run without --device, on the CPU");
#else
  throw Error("--device cuda", "a build without CUDA", "the cuda preset",
              "build it by `make demo CUDA=1`, or run without --device");
#endif
}

struct CommandLine::Parts {
  std::string program, about, after;
  po::options_description options{"options"};
  std::list<std::pair<std::string, Set>> given = {};  // texts, by address
  std::vector<po::option> words = {};
};

CommandLine::CommandLine(std::string program, std::string about, std::string after)
    : parts_(std::make_unique<Parts>(Parts{std::move(program), std::move(about), std::move(after)})) {
  parts_->options.add_options()("help", "print this and exit")(
      "version", "print versions (LibTorch, CUDA, BLAS, CPU, commit) and exit");
}
CommandLine::~CommandLine() = default;

void CommandLine::add(const std::string& name, const std::string& preset, const std::string& meaning, Set set) {
  std::string& text = parts_->given.emplace_back("", std::move(set)).first;
  parts_->options.add_options()(name.c_str(), po::value(&text)->default_value(preset), meaning.c_str());
}
void CommandLine::flag(const std::string& name, bool& value, const std::string& meaning) {
  parts_->options.add_options()(name.c_str(), po::bool_switch(&value), meaning.c_str());
}
void CommandLine::list(const std::string& name, std::vector<std::string>& values, const std::string& meaning) {
  parts_->options.add_options()(name.c_str(), po::value(&values)->composing(), meaning.c_str());
}

bool CommandLine::read(int argc, char** argv) {
  po::variables_map values;
  try {
    const auto parsed = po::command_line_parser(argc, argv).options(parts_->options).run();
    for (const auto& option : parsed.options)
      if (option.position_key >= 0)
        throw UsageError(fmt::format(
            "{}: got \"{}\", which belongs to no option; lists are written with commas, as in 16,32; --help "
            "lists the options",
            parts_->program, option.value.front()));
    parts_->words = parsed.options;
    po::store(parsed, values);
    po::notify(values);
  } catch (const po::error& e) {
    throw UsageError(fmt::format("{}: {}; --help lists the options", parts_->program, e.what()));
  }
  if (values.contains("help")) {
    std::cout << parts_->program << ": " << parts_->about << "\n\n" << parts_->options << parts_->after;
    return false;
  }
  if (values.contains("version")) {
    set_up_runtime();
    std::cout << version_text();
    return false;
  }
  on_command_line([&] {
    for (const auto& [text, set] : parts_->given) set(text);
  });
  return true;
}

std::vector<std::string> CommandLine::words_without(const std::vector<std::string>& names) const {
  std::vector<std::string> words;
  for (const po::option& option : parts_->words)
    if (std::ranges::find(names, option.string_key) == names.end())
      words.insert(words.end(), option.original_tokens.begin(), option.original_tokens.end());
  return words;
}

}  // namespace diffmem

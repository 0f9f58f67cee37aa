// SPDX-License-Identifier: MIT
// Nearest neighbours: checks every kernel this machine has against plain sums, then times it.
#include "bench.hpp"

#include <diffmem/measure/nearest.hpp>

#include <fmt/ranges.h>

#include <functional>

using namespace diffmem;
using kernels::ByteDots;

namespace {

constexpr std::string_view kUsage =
    "nearest QUERIES TRAINING [name=value...]\n"
    "  QUERIES, TRAINING  files of bytes, one image of `size` after the other (bench/crops makes some)\n"
    "  size=3072 k=2 threads=0 (one per core)\n"
    "  device=cpu         or cuda: the time has the images' way to the device in it\n"
    "  repeat=5           timed searches per kernel, after one that is not\n"
    "  check=100          queries compared with plain sums before\n"
    "  ways=              kernels by their words, with commas between; empty: all but the plain one\n"
    "  json=FILE          the figures\n"
    "  answers=FILE       int64 (index, squared distance) of every query's neighbours, by the first kernel";

struct Settings {
  std::int64_t size = 3072, k = 2, repeat = 5, check = 100;
  int threads = 0;
  std::string device = "cpu", ways, json, answers;
  template <class Self, class Visit>
  static void each(Self& p, Visit&& visit) {
    visit("size", p.size), visit("k", p.k), visit("repeat", p.repeat), visit("check", p.check);
    visit("threads", p.threads), visit("ways", p.ways), visit("json", p.json), visit("answers", p.answers),
        visit("device", p.device);
  }
};

int run(const std::vector<std::string>& files, const Settings& s) {
  const std::string queries_text = read_file(files[0]), training_text = read_file(files[1]);
  const auto queries = bench::bytes_of(queries_text), training = bench::bytes_of(training_text);
  const int threads = s.threads > 0 ? s.threads : available_cores();
  const auto size = static_cast<std::size_t>(s.size), k = static_cast<std::size_t>(s.k);
  const std::size_t n = queries.size() / size, m = training.size() / size;
  const double operations = 2.0 * static_cast<double>(n) * static_cast<double>(m) * static_cast<double>(size);
  fmt::print("{} queries, {} training images, {} values, k = {}, {} threads, {}\n", n, m, size, k, threads, cpu_name());

  std::vector<std::vector<std::pair<std::int64_t, std::int64_t>>> checks;
  const std::size_t stride = std::max<std::size_t>(1, n / static_cast<std::size_t>(std::max<std::int64_t>(1, s.check)));
  for (std::size_t q = 0; q < n && s.check > 0; q += stride)
    checks.push_back(bench::by_sorting(queries.subspan(q * size, size), training, k));

  nlohmann::ordered_json json = bench::facts(threads);
  json["queries"] = n, json["training"] = m, json["size"] = size, json["k"] = k, json["checked"] = checks.size();
  std::vector<std::string> here;
  for (const ByteDots way : kernels::byte_dots_here()) here.push_back(to_text(way));
  json["ways_here"] = here;
  Neighbours first;
  std::vector<std::pair<std::string, std::function<Neighbours()>>> searches;
  if (s.device == "cuda")
    searches.emplace_back("cuda", [&] { return nearest(queries, training, s.size, s.k, Cuda{}); });
  else if (s.device != "cpu")
    throw Error("nearest", "device=" + s.device, "cpu or cuda", "see --help");
  else
    for (const ByteDots way : kernels::byte_dots_here())
      if (const std::string word = to_text(way);
          s.ways.empty() ? way != ByteDots::plain : ("," + s.ways + ",").find("," + word + ",") != std::string::npos)
        searches.emplace_back(word, [&, way] { return nearest(queries, training, s.size, s.k, threads, way); });
  for (const auto& [word, search] : searches) {
    const Neighbours found = search();
    for (std::size_t c = 0; c < checks.size(); ++c)
      for (std::size_t j = 0; j < k; ++j)
        if (const std::size_t at = c * stride * k + j; checks[c][j] != std::pair(found.squared[at], found.index[at]))
          throw Error("nearest", fmt::format("another neighbour {} of query {} by {}", j, c * stride, word),
                      fmt::format("image {} at {}", checks[c][j].second, checks[c][j].first), "mend the kernel");
    if (first.k != 0 && (found.index != first.index || found.squared != first.squared))
      throw Error("nearest", "other neighbours by " + word, "the same as by the first kernel", "mend the kernel");
    if (first.k == 0) first = found;

    std::vector<double> seconds;
    for (std::int64_t r = 0; r < s.repeat; ++r) seconds.push_back(bench::seconds_of(search));
    if (seconds.empty()) continue;
    std::sort(seconds.begin(), seconds.end());
    const double median = seconds[seconds.size() / 2], rate = operations / median / 1e9;
    fmt::print("{:<12} {:8.3f} s  {:8.1f} GOP/s  ({:.3f} to {:.3f} s, {} times)\n", word, median, rate, seconds.front(),
               seconds.back(), seconds.size());
    json["kernels"][word] = {{"median_s", median}, {"gop_per_s", rate}, {"seconds", seconds}};
  }
  if (!s.json.empty()) write_file_atomically(s.json, json.dump(2) + "\n");
  if (!s.answers.empty()) {
    std::vector<std::int64_t> pairs;
    for (std::size_t i = 0; i < first.index.size(); ++i) pairs.insert(pairs.end(), {first.index[i], first.squared[i]});
    write_file_atomically(s.answers,
                          {reinterpret_cast<const char*>(pairs.data()), pairs.size() * sizeof(std::int64_t)});
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return bench::main_of<Settings>("nearest", kUsage, 2, argc, argv, run); }

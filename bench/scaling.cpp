// SPDX-License-Identifier: MIT
// What an evaluation of the closed-form optimum and a search for the two nearest cost as the training set grows, in a
// file that is mapped and never copied, and as images grow; beside what this machine's matrix products reach.
#include "bench.hpp"

#include <diffmem/core/mapped_file.hpp>
#include <diffmem/core/random.hpp>
#include <diffmem/measure/nearest.hpp>
#include <diffmem/optimum/posterior.hpp>
#include <diffmem/report/detail/gnuplot.hpp>

#include <ATen/Parallel.h>
#include <ATen/ops/_int_mm_ops.h>
#include <ATen/ops/mm_ops.h>

#include <atomic>
#include <fstream>
#include <map>
#include <thread>

using namespace diffmem;

namespace {

constexpr std::string_view kUsage =
    "scaling CROPS SCRATCH [name=value...]\n"
    "  CROPS           a file of bytes, images [3,32,32] one after the other (bench/crops makes some)\n"
    "  SCRATCH         made if missing: as many images as the largest set has (3 GB for a million), crops turned,\n"
    "                  mirrored and with their colours in another order\n"
    "  largest=1000000 images of the largest set; from 10,000 on, in steps of 2, 2.5 and 2\n"
    "  images=64       noisy images of an evaluation\n"
    "  queries=256     of a search\n"
    "  repeat=5        timed times each\n"
    "  threads=0       0: one per core\n"
    "  csv=FILE        the figures, and FILE.svg their picture\n"
    "  note=TEXT       said in the csv's first line, after machine and commit";

struct Settings {
  std::int64_t largest = 1'000'000, images = 64, queries = 256, repeat = 5;
  int threads = 0;
  std::string csv, note;
  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("largest", s.largest), visit("images", s.images), visit("queries", s.queries), visit("repeat", s.repeat);
    visit("threads", s.threads), visit("csv", s.csv), visit("note", s.note);
  }
};

constexpr std::int64_t kSide = 32, kChannels = 3, kValues = kChannels * kSide * kSide;
constexpr std::int64_t kVariants = 48;  // 4 turns, 2 mirrors, 6 orders of colours
constexpr std::int64_t kImagesOfSizes = 50'000;

/// Image n of the largest set: crop n % count, in variant n / count.
void write_variant(std::span<const std::uint8_t> crops, std::int64_t n, std::uint8_t* to) {
  constexpr std::int64_t kOrders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  const std::int64_t count = static_cast<std::int64_t>(crops.size()) / kValues, variant = n / count;
  const std::uint8_t* from = crops.data() + n % count * kValues;
  for (std::int64_t c = 0; c < kChannels; ++c)
    for (std::int64_t y = 0; y < kSide; ++y)
      for (std::int64_t x = 0; x < kSide; ++x) {
        std::int64_t r = y, s = variant % 2 ? kSide - 1 - x : x;
        for (std::int64_t turn = 0; turn < variant / 2 % 4; ++turn) r = std::exchange(s, kSide - 1 - r);
        to[(c * kSide + y) * kSide + x] = from[(kOrders[variant / 8][c] * kSide + r) * kSide + s];
      }
}

void make_scratch(const std::string& path, std::span<const std::uint8_t> crops, std::int64_t images) {
  std::error_code none;
  if (static_cast<std::int64_t>(std::filesystem::file_size(path, none)) == images * kValues && !none) return;
  if (images > kVariants * static_cast<std::int64_t>(crops.size()) / kValues)
    throw Error("scaling", fmt::format("{} crops", static_cast<std::int64_t>(crops.size()) / kValues),
                fmt::format("{} or more for {} images", images / kVariants, images), "ask for fewer images");
  std::ofstream file(path + ".part", std::ios::binary);
  std::vector<std::uint8_t> some(1024 * kValues);
  for (std::int64_t n = 0; n < images; n += 1024) {
    const std::int64_t here = std::min<std::int64_t>(1024, images - n);
    for (std::int64_t i = 0; i < here; ++i) write_variant(crops, n + i, &some[static_cast<std::size_t>(i * kValues)]);
    file.write(reinterpret_cast<const char*>(some.data()), here * kValues);
  }
  file.close();
  if (!file) throw Error("scaling", path + " that cannot be written", "room for it", "name another file");
  std::filesystem::rename(path + ".part", path);
}

/// Memory of this process that no file backs [bytes].
double anonymous_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssAnon:")) return 1024 * std::stod(line.substr(8));
  return 0;
}

/// The most anonymous memory while it lives, looked at every 2 ms.
class AnonymousWatch {
 public:
  double peak() const { return most_; }

 private:
  std::atomic<double> most_ = anonymous_memory();
  std::jthread watch_{[this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      most_ = std::max<double>(most_, anonymous_memory());
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }};
};

/// What the machine's matrix products reach, in operations a second: LibTorch's of 2048^3 (of 512^3 where those would
/// take longer than a second), and our own tiles of bytes that stay in the nearest cache.
struct Peaks {
  double int8 = 0, bf16 = 0, fp32 = 0, tiles = 0;
};
template <class Multiply>
double rate_of(Multiply&& multiply) {
  double best = 0;
  for (const double n : {512.0, 2048.0}) {
    const double operations = 2 * n * n * n;
    for (int i = 0; i < 10 && (n < 1000 || operations < best); ++i)
      best = std::max(best, operations / bench::seconds_of([&] { multiply(static_cast<std::int64_t>(n)); }));
  }
  return best;
}
double tiles_rate(int threads) {
  using namespace kernels;
  constexpr std::size_t kSteps = 8, kRounds = 20'000;
  const ByteKernel kernel = byte_kernel(byte_dots_here().back());
  std::vector<std::jthread> all;
  const double seconds = bench::seconds_of([&] {
    for (int t = 0; t < threads; ++t)
      all.emplace_back([&] {
        std::vector<PointStep> points(kPanel * point_stride(kSteps));
        std::vector<QueryStep> queries(kSteps);
        DotTile out;
        kernel.start();
        for (std::size_t r = 0; r < kRounds; ++r)
          kernel.dots(points.data(), point_stride(kSteps), queries.data(), kSteps, r % 128 != 0, out);
        kernel.stop();
      });
    all.clear();  // waits for them
  });
  return 2.0 * threads * kRounds * kPanel * kPanel * kSteps * kStep / seconds;
}
Peaks measure_peaks(int threads) {
  const auto square = [](std::int64_t n, at::ScalarType type) { return full({n, n}, 1, kFloat32).to(type); };
  const auto mm = [&](at::ScalarType type) {
    return rate_of([&, made = std::map<std::int64_t, Tensor>()](std::int64_t n) mutable {
      Tensor& a = made[n];
      if (!a.defined()) a = square(n, type);
      type == at::kChar ? at::_ops::_int_mm::call(a, a) : at::_ops::mm::call(a, a);
    });
  };
  return {.int8 = mm(at::kChar), .bf16 = mm(at::kBFloat16), .fp32 = mm(at::kFloat), .tiles = tiles_rate(threads)};
}

struct Row {
  std::string what;
  std::int64_t count, values;
  double sigma, median, least, most, memory;
  double operations;  // 2 * queries * count * values, one product of each pair of images: what any exact way needs
};

class Bench {
 public:
  Bench(const Settings& settings, std::span<const std::uint8_t> bytes) : s_(settings), bytes_(bytes) {}

  /// Evaluations and searches over the first `count` images of `values` values, all checked first.
  void measure(std::int64_t count, std::int64_t values) {
    const auto pixels = bytes_.first(static_cast<std::size_t>(count * values));
    const AnonymousWatch watch;
    const Posterior posterior(pixels, {1, 1, values}), exact(pixels, {1, 1, values}, {}, {.tolerance = 0});
    for (const double sigma : {0.1, 1.0, 10.0, 80.0}) {
      const Tensor z = noisy(pixels, values, sigma), sigmas = full({s_.images}, sigma, kFloat64);
      Optimum o = posterior(z, sigmas);
      const double off = (o.denoised.narrow(0, 0, 2) - exact(z.narrow(0, 0, 2), sigmas.narrow(0, 0, 2)).denoised)
                             .abs()
                             .max()
                             .item()
                             .toDouble();
      if (!(off <= 2e-6 && o.error.max().item().toDouble() <= 1e-6))
        throw Error("scaling", fmt::format("an error of {:.2g} at sigma {}", off, sigma), "2e-6 at most", "mend it");
      add("optimum", count, values, sigma, watch, s_.images, [&] { o = posterior(z, sigmas); });
    }
    std::vector<std::uint8_t> queries;
    for (std::int64_t q = 0; q < s_.queries; ++q) {
      // Of a training image, one value in eight drawn anew: not in the set, and not far from it.
      RandomStream random(5, Stream::subset, static_cast<std::uint64_t>(q));
      const auto from = pixels.subspan(static_cast<std::size_t>(q * 37 % count * values));
      for (std::int64_t k = 0; k < values; ++k) {
        const auto bits = random.bits();
        queries.push_back(bits >> 29 == 0 ? static_cast<std::uint8_t>(bits) : from[static_cast<std::size_t>(k)]);
      }
    }
    Neighbours found = nearest(queries, pixels, values, 2, threads());
    check(queries, pixels, values, found);
    add("nearest", count, values, 0, watch, s_.queries,
        [&] { found = nearest(queries, pixels, values, 2, threads()); });
  }

  const std::vector<Row>& rows() const { return rows_; }

 private:
  static int threads() { return at::get_num_threads(); }

  Tensor noisy(std::span<const std::uint8_t> pixels, std::int64_t values, double sigma) const {
    std::vector<double> z;
    std::vector<double> eps(static_cast<std::size_t>(values));
    const std::int64_t count = static_cast<std::int64_t>(pixels.size()) / values;
    for (std::int64_t i = 0; i < s_.images; ++i) {
      RandomStream(3, Stream::train_noise, static_cast<std::uint64_t>(i)).fill_normal(std::span(eps));
      for (std::size_t k = 0; k < eps.size(); ++k)
        z.push_back(pixels[static_cast<std::size_t>(i * 101 % count * values) + k] / 127.5 - 1 + sigma * eps[k]);
    }
    return tensor_of(std::span<const double>(z), {s_.images, 1, 1, values});
  }

  /// Error unless the first queries' neighbours are those of plain sums.
  static void check(std::span<const std::uint8_t> queries, std::span<const std::uint8_t> pixels, std::int64_t values,
                    const Neighbours& found) {
    const auto size = static_cast<std::size_t>(values);
    for (std::size_t q = 0; q < 3; ++q) {
      const auto want = bench::by_sorting(queries.subspan(q * size, size), pixels, 2);
      for (std::size_t j = 0; j < 2; ++j)
        if (want[j] != std::pair(found.squared[2 * q + j], found.index[2 * q + j]))
          throw Error("scaling", fmt::format("another neighbour of query {}", q), "that of plain sums", "mend it");
    }
  }

  template <class Act>
  void add(std::string what, std::int64_t count, std::int64_t values, double sigma, const AnonymousWatch& watch,
           std::int64_t queries, Act&& act) {
    std::vector<double> seconds;
    for (std::int64_t r = 0; r < s_.repeat; ++r) seconds.push_back(bench::seconds_of(act));
    const auto [least, most] = std::minmax_element(seconds.begin(), seconds.end());
    rows_.push_back({std::move(what), count, values, sigma, bench::median_of(seconds), *least, *most, watch.peak(),
                     2.0 * static_cast<double>(queries) * static_cast<double>(count) * static_cast<double>(values)});
    const Row& r = rows_.back();
    fmt::print("{:<8} N = {:>9}, D = {:>6}, sigma {:>4}: {:9.4f} s ({:.4f} to {:.4f}), {:6.1f} GOP/s, {:.0f} MB\n",
               r.what, r.count, r.values, r.sigma, r.median, r.least, r.most, r.operations / r.median / 1e9,
               r.memory / 1e6);
    std::fflush(stdout);
  }

  const Settings& s_;
  std::span<const std::uint8_t> bytes_;
  std::vector<Row> rows_;
};

/// Seconds against N and against D, both axes logarithmic, with a line of slope 1 through the longest search.
std::string picture(std::vector<Row> rows) {
  std::ranges::sort(rows, {}, [](const Row& r) { return std::pair(r.count, r.values); });
  std::string script =
      "set terminal svg size 1000,440 font 'sans,13' background '#ffffff'\n"
      "set multiplot layout 1,2\nset logscale xy\nset key left top\nset grid\n"
      "set ylabel 'seconds (median)'\nset format x '10^{%L}'\n";
  for (const bool by_count : {true, false}) {
    std::string data, curves;
    const auto curve = [&](const std::string& title, auto&& holds) {
      const std::string name =
          fmt::format("$curve{}{}", by_count ? "N" : "D", std::count(data.begin(), data.end(), '$'));
      data += name + " << EOD\n";
      for (const Row& r : rows)
        if (holds(r) && (by_count ? r.values == kValues : r.count == kImagesOfSizes))
          data += fmt::format("{} {}\n", by_count ? r.count : r.values, r.median);
      data += "EOD\n";
      curves += fmt::format("{}{} with linespoints pt 7 ps 0.6 title {}", curves.empty() ? "" : ", ", name,
                            gnuplot_quote(title));
    };
    for (const double sigma : {0.1, 1.0, 10.0, 80.0})
      curve(fmt::format("optimum, sigma {}", sigma),
            [&](const Row& r) { return r.what == "optimum" && r.sigma == sigma; });
    curve("two nearest", [](const Row& r) { return r.what == "nearest"; });
    const Row* largest = nullptr;
    for (const Row& r : rows)
      if (r.what == "nearest" && (by_count ? r.values == kValues : r.count == kImagesOfSizes)) largest = &r;
    script += data + fmt::format("set xlabel '{}'\nplot {}, {} * x with lines dt 2 lc 'black' title 'linear'\n",
                                 by_count ? "training images N, of 3072 values" : "values D, of 50,000 images", curves,
                                 largest->median / static_cast<double>(by_count ? largest->count : largest->values));
  }
  return run_gnuplot(script + "unset multiplot\n");
}

int run(const std::vector<std::string>& files, const Settings& s) {
  set_up_runtime({.threads = s.threads});
  {
    const MappedFile crops(files[0]);
    make_scratch(files[1], bench::bytes_of(crops.bytes()), s.largest);
  }
  const MappedFile scratch(files[1]);
  const Peaks peaks = measure_peaks(at::get_num_threads());
  const std::string reached = fmt::format(
      "LibTorch's products, GOP/s: int8 {:.0f}, bf16 {:.0f}, fp32 {:.0f}; our tiles: {} {:.0f}", peaks.int8 / 1e9,
      peaks.bf16 / 1e9, peaks.fp32 / 1e9, to_text(kernels::byte_dots_here().back()), peaks.tiles / 1e9);
  fmt::print("{}, {} threads; {}\n", cpu_name(), at::get_num_threads(), reached);
  Bench bench(s, bench::bytes_of(scratch.bytes()));
  for (const std::int64_t values : {48, 192, 768, 3072, 12'288})
    if (values != kValues && kImagesOfSizes * values <= static_cast<std::int64_t>(scratch.size()))
      bench.measure(kImagesOfSizes, values);
  for (const std::int64_t count : {10'000, 20'000, 50'000, 100'000, 200'000, 500'000, 1'000'000})
    if (count <= s.largest) bench.measure(count, kValues);

  if (s.csv.empty()) return 0;
  std::string csv = "#";
  const auto facts = bench::facts(at::get_num_threads());
  for (const auto& [name, value] : facts.items())
    csv += fmt::format(" {}={};", name, value.is_string() ? value.get<std::string>() : value.dump());
  csv += fmt::format(" images={}; queries={}; repeat={}; {}; {}\n", s.images, s.queries, s.repeat, reached, s.note);
  csv += "what,N,D,sigma,median_s,min_s,max_s,anonymous_MB,GOP_per_s,of_int8,of_bf16,of_fp32,of_tiles\n";
  for (const Row& r : bench.rows()) {
    const double rate = r.operations / r.median;
    csv += fmt::format("{},{},{},{},{:.5f},{:.5f},{:.5f},{:.0f},{:.1f},{:.3f},{:.3f},{:.3f},{:.3f}\n", r.what, r.count,
                       r.values, r.sigma, r.median, r.least, r.most, r.memory / 1e6, rate / 1e9, rate / peaks.int8,
                       rate / peaks.bf16, rate / peaks.fp32, rate / peaks.tiles);
  }
  write_file_atomically(s.csv, csv);
  write_file_atomically(s.csv + ".svg", picture(bench.rows()));
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return bench::main_of<Settings>("scaling", kUsage, 2, argc, argv, run); }

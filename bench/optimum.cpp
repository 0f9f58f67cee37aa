// SPDX-License-Identifier: MIT
// The closed-form optimum: a whole sampling by it, beside the same sampling by cdist, softmax and a matrix product.
#include "bench.hpp"

#include <diffmem/data/pixels.hpp>
#include <diffmem/measure/memorization.hpp>
#include <diffmem/optimum/denoiser.hpp>
#include <diffmem/sampler/heun.hpp>

#include <ATen/Parallel.h>
#include <ATen/ops/cdist_ops.h>

using namespace diffmem;

namespace {

constexpr std::string_view kUsage =
    "optimum TRAINING [name=value...]\n"
    "  TRAINING        a file of bytes, images [3,32,32] one after the other (bench/crops makes some)\n"
    "  images=64       sampled together by Heun's 18 steps, 35 evaluations\n"
    "  count=0         training images to use; 0: all\n"
    "  repeat=5        timed samplings each way, in turns\n"
    "  check=8         images whose every evaluation is compared with float64 before\n"
    "  tolerance=1e-6  of the posterior\n"
    "  threads=0       0: one per core\n"
    "  device=cpu      or cuda, for both ways\n"
    "  peer=true       whether to time the other way, too\n"
    "  json=FILE       the figures";

struct Settings {
  std::int64_t images = 64, count = 0, repeat = 5, check = 8;
  double tolerance = 1e-6;
  int threads = 0;
  bool peer = true;
  std::string device = "cpu", json;
  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("images", s.images), visit("count", s.count), visit("repeat", s.repeat), visit("check", s.check);
    visit("tolerance", s.tolerance), visit("threads", s.threads), visit("peer", s.peer), visit("json", s.json);
    visit("device", s.device);
  }
};

int run(const std::vector<std::string>& files, const Settings& s) {
  set_up_runtime({.threads = s.threads});
  const std::string text = read_file(files[0]);
  const Shape shape = {3, 32, 32};
  constexpr std::int64_t kSize = 3 * 32 * 32;
  const std::int64_t all = static_cast<std::int64_t>(text.size()) / kSize,
                     count = s.count > 0 ? std::min(s.count, all) : all;
  const auto pixels = bench::bytes_of(text).first(static_cast<std::size_t>(count * kSize));
  const int threads = at::get_num_threads();
  fmt::print("{} images of {} training images of {} values, {} threads, {}\n", s.images, count, kSize, threads,
             cpu_name());
  const at::NoGradGuard no_grad;
  const NoiseSource noise = image_noise(1, 0, s.images, shape);

  // Every evaluation of a sampling against float64, for the first images.
  nlohmann::ordered_json json = bench::facts(threads);
  json["training"] = count, json["images"] = s.images, json["tolerance"] = s.tolerance;
  const at::Device device(s.device);
  PosteriorOptions options{.tolerance = s.tolerance};
  if (!device.is_cpu()) options.device = device;
  json["device"] = s.device;
  const Posterior posterior(pixels, shape, {}, options), exact(pixels, shape, {}, {.tolerance = 0});
  Tensor ours_made, peer_made;
  const auto ours = [&] {
    OptimalDenoiser denoise(posterior);
    ours_made = Heun{}(denoise, noise, OptimalDenoiser::sigma_range());
  };
  forget_peak_memory();
  const double before = peak_memory();
  ours();
  const double memory = peak_memory() - before;
  {
    PosteriorMemory memory;
    double off = 0, proved = 0;
    int evaluations = 0;
    const auto both = [&](const Tensor& x, const Tensor& sigma, const Tensor&) {
      const Optimum o = posterior(x, sigma, {}, {}, &memory);
      const Optimum want = exact(x.narrow(0, 0, s.check), sigma.narrow(0, 0, s.check));
      off =
          std::max(off, (o.denoised.narrow(0, 0, s.check).to(at::kCPU) - want.denoised).abs().max().item().toDouble());
      proved = std::max(proved, o.error.max().item().toDouble());
      ++evaluations;
      return o.denoised.to(at::kCPU);
    };
    const Tensor made = Heun{}(both, noise, {0, 1e9});
    fmt::print("{} evaluations: at most {:.2g} from float64 in {} images, proved error {:.2g}\n", evaluations, off,
               s.check, proved);
    json["max_off"] = off, json["proved"] = proved;
    if (!(off <= 1e-5))
      throw Error("optimum", fmt::format("an error of {:.2g}", off), "1e-5 at most", "mend the engine");
  }

  Tensor y;
  if (s.peer) y = tensor_of(pixels, {count, kSize}).to(device, kFloat32) / 127.5 - 1.0;
  const auto peer = [&] {
    const auto denoise = [&](const Tensor& x, const Tensor& sigma, const Tensor&) {
      const Tensor z = x.to(device, kFloat32).flatten(1);
      const Tensor squared = at::_ops::cdist::call(z, y, 2.0, std::nullopt).square();
      const Tensor rate = sigma.to(device, kFloat32).square().mul(-2.0).reciprocal().unsqueeze(1);
      return (squared * rate).softmax(1, std::nullopt).matmul(y).reshape(x.sizes()).to(at::kCPU, kFloat64);
    };
    peer_made = Heun{}(denoise, noise, {0, 1e9});
  };
  std::vector<double> our_seconds, peer_seconds;
  for (std::int64_t r = 0; r < s.repeat; ++r) {
    our_seconds.push_back(bench::seconds_of(ours));
    if (s.peer) peer_seconds.push_back(bench::seconds_of(peer));
  }
  const double mine = bench::median_of(our_seconds), other = bench::median_of(peer_seconds);
  fmt::print("ours   {:7.3f} s a sampling (median of {}), {:.0f} MB above the data\n", mine, s.repeat, memory / 1e6);
  json["seconds"] = our_seconds, json["median_s"] = mine, json["memory_above_data"] = memory;
  if (s.peer) {
    const auto distance = (ours_made - peer_made).abs().amax(c10::IntArrayRef{1, 2, 3}, false);
    fmt::print("torch  {:7.3f} s, {:.1f} times as long; {} of {} images the same within 1e-3\n", other, other / mine,
               distance.lt(1e-3).sum().item().toLong(), s.images);
    json["peer_seconds"] = peer_seconds, json["peer_median_s"] = other, json["ratio"] = other / mine;
  }
  // Fig. 1a: the optimum returns training images.
  std::vector<std::uint8_t> made;
  for (const double value : values_of<double>(ours_made)) made.push_back(quantise(value));
  const Memorization m = memorization(made, pixels, kSize, threads);
  fmt::print("{} of {} images memorized, {:.3f} grey levels from the nearest training image\n", m.memorized, m.images,
             m.knn_distance);
  json["memorized"] = m.memorized, json["knn_distance"] = m.knn_distance;
  if (!s.json.empty()) write_file_atomically(s.json, json.dump(2) + "\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return bench::main_of<Settings>("optimum", kUsage, 1, argc, argv, run); }

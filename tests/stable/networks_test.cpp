// SPDX-License-Identifier: MIT
// The networks beside diffusers' and transformers' (tests/fixtures/stable/make_networks.py): values and gradients.
#include "check.hpp"
#include "complaint.hpp"
#include "fixtures.hpp"

#include <diffmem/core/file.hpp>
#include <diffmem/core/json.hpp>
#include <diffmem/core/trace.hpp>
#include <diffmem/stable/autoencoder.hpp>
#include <diffmem/stable/folder.hpp>
#include <diffmem/stable/text_encoder.hpp>
#include <diffmem/stable/unet.hpp>

#include <map>

using namespace diffmem;
namespace fs = std::filesystem;

namespace {

constexpr double kNear = 5e-6;  // of the largest value; 1e-4 is wanted

const SafeTensors& file() {
  static const SafeTensors content = read_safetensors(fixture("stable/networks.safetensors"));
  return content;
}

/// Part `what` of a case, by name: net, grad, in, gradin, out, along.
std::map<std::string, Tensor> part(const std::string& name, const std::string& what) {
  std::map<std::string, Tensor> found;
  const std::string prefix = name + "/" + what + ".";
  for (auto at = file().tensors.lower_bound(prefix); at != file().tensors.end() && at->first.starts_with(prefix); ++at)
    found.emplace(at->first.substr(prefix.size()), at->second.clone());
  return found;
}

double apart(const Tensor& got, const Tensor& want) {
  REQUIRE(got.sizes() == want.sizes());
  return (got - want).abs().max().item().toDouble() / std::max(1e-30, want.abs().max().item().toDouble());
}

std::vector<std::string> cases_of(const std::string& kind) {
  std::vector<std::string> cases;
  for (const auto& [key, value] : file().metadata)
    if (key.ends_with("/kind") && value == kind) cases.push_back(key.substr(0, key.size() - 5));
  REQUIRE_FALSE(cases.empty());
  return cases;
}

/// The case's config.json in a file.
template <class Config>
Config config_of(const TestFolder& scratch, const std::string& name) {
  return Config::read(scratch.write("config.json", file().metadata.at(name)));
}

using Outputs = std::map<std::string, Tensor>;

template <class Net>
void load(Net& net, const std::string& name) {
  SafeTensors weights;
  weights.source = name;
  for (auto& [leaf, tensor] : part(name, "net")) weights.tensors.emplace(leaf, tensor);
  load_component(net, weights);
}

/// Outputs and gradients, of a net that is loaded; `run` maps inputs to outputs.
template <class Net, class Run>
void check_case(Net& net, const std::string& name, Run&& run, double near = kNear) {
  load(net, name);
  net.require_grad();
  auto inputs = part(name, "in");
  for (auto& [input, gradient] : part(name, "gradin")) inputs.at(input).requires_grad_(true);
  const Outputs outputs = run(inputs);
  Tensor loss = zeros({});
  for (const auto& [output, want] : part(name, "out")) {
    INFO(name << " " << output);
    REQUIRE(apart(outputs.at(output), want) < near);
    loss = loss + (outputs.at(output) * part(name, "along").at(output)).sum();
  }
  loss.backward();
  for (const auto& [input, want] : part(name, "gradin")) {
    INFO(name << " gradient of " << input);
    REQUIRE(apart(inputs.at(input).grad(), want) < near);
  }
  const auto gradients = part(name, "grad");
  REQUIRE(gradients.size() == net.parameters().size());
  for (const auto& [leaf, tensor] : net.parameters()) {
    INFO(name << " gradient of " << leaf);
    const Tensor& want = gradients.at(leaf);
    // A bias before a norm has a gradient that is rounding alone.
    if (want.abs().max().item().toDouble() < 1e-4) {
      REQUIRE(tensor.grad().abs().max().item().toDouble() < 1e-3);
      continue;
    }
    REQUIRE(apart(tensor.grad(), want) < 20 * near);
  }
}

Outputs run_unet(const stable::UNet& net, const std::map<std::string, Tensor>& in) {
  return {{"y", net(in.at("x"), in.at("t"), in.at("context"))}};
}

Outputs run_autoencoder(const stable::Autoencoder& net, const std::map<std::string, Tensor>& in) {
  const auto law = net.encode(in.at("images"));
  return {{"mean", law.mean}, {"std", law.std}, {"decoded", net.decode(in.at("latents"))}};
}

/// Operations that the spans of `act` count.
template <class Act>
double traced(Act&& act) {
  const at::NoGradGuard no_grad;
  Trace trace;
  {
    const Trace::Recording recording(trace);
    act();
  }
  double operations = 0;
  for (const auto& event : trace.events()) operations += event.work.operations;
  return operations;
}

}  // namespace

TEST_CASE("U-Nets give what diffusers' give, and the same gradients", "[stable][networks]") {
  const TestFolder scratch;
  for (const std::string& name : cases_of("unet")) {
    stable::UNet net(config_of<stable::UNetConfig>(scratch, name));
    check_case(net, name, [&](const auto& in) { return run_unet(net, in); });
  }
}

TEST_CASE("a U-Net that makes activations again has the same gradients", "[stable][networks]") {
  const TestFolder scratch;
  for (const std::string& name : {std::string("unet-1"), std::string("unet-three")}) {
    std::vector<Tensors> gradients;
    for (const bool again : {false, true}) {
      stable::UNet net(config_of<stable::UNetConfig>(scratch, name));
      load(net, name);
      net.require_grad();
      net.set_checkpointing(again);
      auto in = part(name, "in");
      run_unet(net, in).at("y").square().sum().backward();
      Tensors& all = gradients.emplace_back();
      for (const auto& [leaf, tensor] : net.parameters()) all.push_back(tensor.grad());
    }
    // What reaches a tensor by three ways is added in another order.
    for (std::size_t i = 0; i < gradients[0].size(); ++i) REQUIRE(apart(gradients[1][i], gradients[0][i]) < 1e-6);
  }
}

TEST_CASE("U-Nets in bf16, fp16 and float64 are near", "[stable][networks]") {
  const TestFolder scratch;
  for (const std::string& name : cases_of("unet")) {
    INFO(name);
    const auto config = config_of<stable::UNetConfig>(scratch, name);
    const auto in = part(name, "in");
    const Tensor want = part(name, "out").at("y");
    for (const auto& [precision, near] : {std::pair{Precision::bf16, 0.06}, {Precision::fp16, 0.01}}) {
      stable::UNet net(config);
      load(net, name);
      net.set_precision(precision);
      const Tensor got = run_unet(net, in).at("y");
      REQUIRE(got.scalar_type() == kFloat32);
      REQUIRE(apart(got, want) < near);
      REQUIRE(apart(got, want) > 1e-5);  // it is another precision
    }
    stable::UNet wide(config, at::kCPU, kFloat64);
    load(wide, name);
    REQUIRE(apart(wide(in.at("x").to(kFloat64), in.at("t"), in.at("context").to(kFloat64)), want.to(kFloat64)) < 1e-5);
  }
}

TEST_CASE("autoencoders give what diffusers' give, and the same gradients", "[stable][networks]") {
  const TestFolder scratch;
  for (const std::string& name : cases_of("vae")) {
    stable::Autoencoder net(config_of<stable::AutoencoderConfig>(scratch, name));
    check_case(net, name, [&](const auto& in) { return run_autoencoder(net, in); });
  }
}

TEST_CASE("text encoders give what transformers' give, and the same gradients", "[stable][networks]") {
  const TestFolder scratch;
  for (const std::string& name : cases_of("text")) {
    stable::TextEncoder net(config_of<stable::TextConfig>(scratch, name));
    check_case(net, name, [&](const auto& in) { return Outputs{{"y", net(in.at("ids"))}}; });
    REQUIRE(says(complaint([&] { net(full({1, 11}, 1, kInt64)); }), "text encoder", {"[1,11]", "1 to 10"}));
    REQUIRE(says(complaint([&] { net(full({1, 2}, 40, kInt64)); }), "text encoder", {"0 to 39"}));
  }
}

TEST_CASE("operations are counted as they are done", "[stable][networks]") {
  const TestFolder scratch;
  for (const std::string& name : cases_of("unet")) {
    INFO(name);
    const auto config = config_of<stable::UNetConfig>(scratch, name);
    stable::UNet net(config);
    load(net, name);
    const double done = traced(
        [&] { net(zeros({1, config.in_channels, 8, 8}), zeros({1}), zeros({1, 77, config.cross_attention_dim[0]})); });
    REQUIRE(net.forward_flops() == done);
    REQUIRE(net.forward_values() > 0);
  }
  for (const std::string& name : cases_of("vae")) {
    INFO(name);
    const auto config = config_of<stable::AutoencoderConfig>(scratch, name);
    stable::Autoencoder net(config);
    load(net, name);
    const std::int64_t side = 16 / config.factor();
    REQUIRE(net.forward_flops() == traced([&] { net.decode(zeros({1, config.latent_channels, side, side})); }));
  }
  for (const std::string& name : cases_of("text")) {
    stable::TextEncoder net(config_of<stable::TextConfig>(scratch, name));
    load(net, name);
    REQUIRE(net.forward_flops() == traced([&] { net(zeros({1, 10}, kInt64)); }));
  }
}

TEST_CASE("the published sizes have the published names, shapes and numbers of parameters", "[stable][networks]") {
  const TestFolder scratch;
  const auto all = parse_json(read_file(fixture("stable/full.json")));
  const auto check = [&](const std::string& name, std::int64_t parameters, auto config, auto make) {
    INFO(name);
    const auto& entry = all[name];
    const auto read = decltype(config)::read(scratch.write("config.json", entry["config"].dump()));
    REQUIRE(decltype(config)::read(scratch.write("again.json", read.to_json())).to_json() == read.to_json());
    const auto net = make(read);
    REQUIRE(net.parameter_count() == parameters);
    const auto& want = entry["tensors"];
    REQUIRE(net.parameters().size() == want.size());
    for (const auto& [leaf, tensor] : net.parameters()) {
      INFO(leaf);
      REQUIRE(want.contains(leaf));
      REQUIRE(tensor.sizes().vec() == want[leaf].template get<Shape>());
    }
  };
  const auto unet = [](const auto& config) { return stable::UNet(config, at::kMeta); };
  const auto text = [](const auto& config) { return stable::TextEncoder(config, at::kMeta); };
  check("sd1-unet", 859'520'964, stable::UNetConfig(), unet);
  check("sd2-unet", 865'910'724, stable::UNetConfig(), unet);
  check("vae", 83'653'863, stable::AutoencoderConfig(),
        [](const auto& config) { return stable::Autoencoder(config, at::kMeta); });
  check("sd1-text", 123'060'480, stable::TextConfig(), text);
  check("sd2-text", 340'387'840, stable::TextConfig(), text);
}

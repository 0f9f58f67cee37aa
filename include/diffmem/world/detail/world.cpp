// SPDX-License-Identifier: MIT
#include <diffmem/core/runtime.hpp>
#include <diffmem/core/trace.hpp>
#include <diffmem/world/world.hpp>

#include <fmt/format.h>

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#define USE_C10D_GLOO  // as LibTorch was built; its header asks
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#ifdef DIFFMEM_CUDA
#define USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <future>
#include <memory>
#include <thread>
#include <unordered_map>
#include <utility>

namespace diffmem {
namespace {

using std::chrono::milliseconds;

milliseconds milliseconds_of(double seconds) { return milliseconds(static_cast<std::int64_t>(1000 * seconds)); }

/// This machine's address on the way to `address`, by the kernel's routes; no packet is sent.  Empty if there is none.
std::string address_towards(const std::string& address, int port) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_DGRAM;
  if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return {};
  std::string own;
  for (const addrinfo* a = found; a && own.empty(); a = a->ai_next) {
    const int s = ::socket(a->ai_family, a->ai_socktype, 0);
    if (s < 0) continue;
    sockaddr_storage here{};
    socklen_t size = sizeof here;
    char text[NI_MAXHOST];
    if (::connect(s, a->ai_addr, a->ai_addrlen) == 0 &&
        ::getsockname(s, reinterpret_cast<sockaddr*>(&here), &size) == 0 &&
        ::getnameinfo(reinterpret_cast<sockaddr*>(&here), size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0)
      own = text;
    ::close(s);
  }
  ::freeaddrinfo(found);
  return own;
}

/// The first address of this machine by which others may reach it; empty if there is none.
std::string outer_address() {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return {};
  std::string found;
  for (const ifaddrs* i = all; i && found.empty(); i = i->ifa_next) {
    if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET || !(i->ifa_flags & IFF_UP) || (i->ifa_flags & IFF_LOOPBACK))
      continue;
    char text[NI_MAXHOST];
    if (::getnameinfo(i->ifa_addr, sizeof(sockaddr_in), text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0)
      found = text;
  }
  ::freeifaddrs(all);
  return found;
}

/// The network by which Gloo is to reach the others.
std::shared_ptr<gloo::transport::Device> device_towards(const Place& place) {
  using c10d::ProcessGroupGloo;
  if (const char* interface = std::getenv("GLOO_SOCKET_IFNAME"))  // PyTorch's own way to say it
    return ProcessGroupGloo::createDeviceForInterface(interface);
  std::string own = address_towards(place.address, place.port);
  // Debian's /etc/hosts gives a machine's own name a loopback address, where nobody else finds it.
  if (own.starts_with("127.") && place.size > place.local_size) own = outer_address();
  return own.empty() ? ProcessGroupGloo::createDefaultDevice() : ProcessGroupGloo::createDeviceForHostname(own);
}

/// Of what c10d says, without "[file:line]" before it and the stack after it.
std::string first_line(std::string what) {
  what.resize(std::min(what.size(), what.find('\n')));
  if (what.starts_with('[')) what.erase(0, std::min(what.size(), what.find("] ") + 2));
  return what;
}

bool says(const char* name, std::string_view word) {
  const char* text = std::getenv(name);
  return text && text == word;
}

constexpr const char *kFailure = "failure", *kHeard = "heard";
constexpr double kTelling = 5;  ///< seconds that one who fails waits for the others to hear why

/// act(), which asks the store, in a thread of its own: where the network is gone c10d would wait for ever.  Whether it
/// was done in time; what it holds must be its own.
template <class Act>
bool in_time(Act act) {
  const auto done = std::make_shared<std::promise<bool>>();
  std::future<bool> answer = done->get_future();
  std::thread([act = std::move(act), done] {
    try {
      act();
      done->set_value(true);
    } catch (const std::exception&) {  // there is no store when rank 0 is gone
      done->set_value(false);
    }
  }).detach();
  return answer.wait_for(milliseconds_of(kTelling)) == std::future_status::ready && answer.get();
}

}  // namespace

struct World::Group {
  c10::intrusive_ptr<c10d::Store> store;
  c10::intrusive_ptr<c10d::ProcessGroup> processes;
  std::string who;
  int size = 1;
  bool leads = false;
  double waited = 0;

  /// What this process says when it cannot go on with the others.
  [[noreturn]] void broken(const std::string& what) {
    const std::string lost = fmt::format("no answer from another process ({})", first_line(what));
    const auto told = std::make_shared<std::string>();
    const bool asked = in_time([told, lost = who + ": " + lost, from = store] {
      if (from->check({kFailure})) {
        const auto bytes = from->get(kFailure);
        told->assign(bytes.begin(), bytes.end());
      } else {
        from->set(kFailure, std::vector<std::uint8_t>(lost.begin(), lost.end()));
      }
      from->add(kHeard, 1);
    });
    // The store is rank 0's: those who have other neighbours hear of it only as these end.
    if (asked && leads && size > 2) wait_for_heard(size - 1);  // one may be gone
    fail(asked && !told->empty() ? "the failure of another process, " + *told : lost);
  }
  /// Until so many have heard of the failure, or kTelling is over.
  void wait_for_heard(int all) {
    in_time([all, from = store] {
      const double begun = steady_seconds();
      while (from->add(kHeard, 0) < all && steady_seconds() - begun < kTelling)
        std::this_thread::sleep_for(milliseconds(20));
    });
  }
  [[noreturn]] void fail(const std::string& why) const {
    throw WorldBroken(
        who, why, fmt::format("all {} processes at work", size),
        "mend what ended the first of them and run the same command again: it goes on from what was saved");
  }

  /// act(), where c10d's errors are ours, and its time is counted.
  template <class Act>
  void talk(Act&& act) {
    const Span span("waiting for others");
    const double begun = steady_seconds();
    try {
      act();
    } catch (const std::exception& e) {
      broken(e.what());
    }
    waited += steady_seconds() - begun;
  }

  /// Everyone's bytes, of one size, by rank.
  std::vector<Tensor> gather(Tensor bytes) {
    std::vector<std::vector<Tensor>> all(1);
    for (int i = 0; i < size; ++i) all[0].push_back(empty(bytes.sizes(), bytes.scalar_type()));
    std::vector<Tensor> mine = {std::move(bytes)};
    talk([&] { processes->allgather(all, mine)->wait(); });
    return all[0];
  }

  /// Process `rank`'s values, in place.
  void broadcast(const Tensor& t, int rank = 0) {
    std::vector<Tensor> one = {t};
    c10d::BroadcastOptions from;
    from.rootRank = rank;
    talk([&] { processes->broadcast(one, from)->wait(); });
  }
};

World::World() = default;
World::~World() = default;

const World& World::alone() {
  static const World one;
  return one;
}

World::World(const Place& place, at::Device device, double timeout_seconds) : place_(place) {
  if (is_alone()) return;
  ::signal(SIGPIPE, SIG_IGN);  // c10d writes to those who may be gone, and expects an error, as Python's programs get
  group_ = std::make_unique<Group>();
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  group_->who = fmt::format("rank {} of {} on {}", rank(), size(), host);
  group_->size = size(), group_->leads = leads();
  const milliseconds timeout = milliseconds_of(timeout_seconds);
  try {
    c10d::TCPStoreOptions store;
    store.port = static_cast<std::uint16_t>(place.port);
    // torchrun's agent serves the store itself.
    store.isServer = leads() && !says("TORCHELASTIC_USE_AGENT_STORE", "True");
    store.timeout = timeout;
    const char* restarts = std::getenv("TORCHELASTIC_RESTART_COUNT");
    group_->store = c10::make_intrusive<c10d::PrefixStore>(fmt::format("diffmem/{}", restarts ? restarts : "0"),
                                                           c10::make_intrusive<c10d::TCPStore>(place.address, store));
    auto& processes = group_->processes;
    processes = c10::make_intrusive<c10d::ProcessGroup>(group_->store, rank(), size());
    const auto options = c10d::ProcessGroupGloo::Options::create(timeout);
    options->devices.push_back(device_towards(place));
    processes->setBackend(at::kCPU, c10d::ProcessGroup::GLOO,
                          c10::make_intrusive<c10d::ProcessGroupGloo>(group_->store, rank(), size(), options));
    processes->setDefaultBackend(c10d::ProcessGroup::GLOO);
#ifdef DIFFMEM_CUDA
    if (device.is_cuda()) {
      const auto nccl = c10d::ProcessGroupNCCL::Options::create();
      nccl->timeout = timeout;
      processes->setBackend(at::kCUDA, c10d::ProcessGroup::NCCL,
                            c10::make_intrusive<c10d::ProcessGroupNCCL>(group_->store, rank(), size(), nccl));
    }
#else
    static_cast<void>(device);
#endif
  } catch (const std::exception& e) {
    throw WorldBroken(group_->who, first_line(e.what()),
                      fmt::format("{} processes that reach rank 0 at {}:{} within {:g} s", size(), place.address,
                                  place.port, timeout_seconds),
                      "look whether all were started, at MASTER_ADDR and MASTER_PORT, and at firewalls; "
                      "GLOO_SOCKET_IFNAME names the network to take");
  }
}

double World::sum(double value) const {
  if (is_alone()) return value;
  double all = 0;
  for (const double each : gather(std::vector{value})) all += each;
  return all;
}

bool World::any(bool said) const { return sum(said ? 1 : 0) > 0; }

std::string World::from(int rank, std::string bytes) const {
  if (is_alone()) return bytes;
  const Tensor size = tensor_of(std::vector{static_cast<std::int64_t>(bytes.size())});
  group_->broadcast(size, rank);
  const Tensor values = rank == this->rank() ? tensor_of(std::vector<std::uint8_t>(bytes.begin(), bytes.end()))
                                             : empty({size.item().toLong()}, kUint8);
  if (values.numel() > 0) group_->broadcast(values, rank);
  const auto* data = static_cast<const char*>(values.const_data_ptr());
  return {data, data + values.numel()};
}

void World::from_lead(const Tensor& values) const {
  if (is_alone()) return;
  const at::NoGradGuard no_grad;
  const Tensor here = values.detach().cpu().contiguous();
  group_->broadcast(here);
  values.copy_(here);
}

std::vector<std::string> World::gather(std::string_view bytes) const {
  if (is_alone()) return {std::string(bytes)};
  std::vector<std::int64_t> sizes;
  for (const Tensor& t : group_->gather(tensor_of(std::vector{static_cast<std::int64_t>(bytes.size())})))
    sizes.push_back(t.item().toLong());
  const std::int64_t most = *std::ranges::max_element(sizes);
  std::vector<std::string> all(sizes.size());
  if (most == 0) return all;
  const Tensor mine = zeros({most}, kUint8);
  if (!bytes.empty()) std::memcpy(mine.mutable_data_ptr(), bytes.data(), bytes.size());
  const std::vector<Tensor> padded = group_->gather(mine);
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i].assign(static_cast<const char*>(padded[i].const_data_ptr()), static_cast<std::size_t>(sizes[i]));
  return all;
}

void World::lead(const std::function<void()>& act) const {
  std::string failure;
  std::exception_ptr thrown;
  if (leads()) try {
      act();
    } catch (const std::exception& e) {
      thrown = std::current_exception();
      failure = e.what();
    }
  failure = from_lead(failure);
  if (thrown) std::rethrow_exception(thrown);
  if (failure.empty()) return;
  in_time([from = group_->store] { from->add(kHeard, 1); });
  group_->fail("the failure of rank 0, " + failure);
}

void World::tell_failure(const std::string& why) const noexcept try {
  if (is_alone()) return;
  const bool told = in_time([text = fmt::format("{}: {}", group_->who, why), to = group_->store] {
    if (!to->check({kFailure})) to->set(kFailure, std::vector<std::uint8_t>(text.begin(), text.end()));
    to->add(kHeard, 1);
  });
  group_->processes.reset();  // so that those who wait for this one hear it
  if (told && leads()) group_->wait_for_heard(size());
} catch (const std::exception&) {  // the others will say less
}

double World::waited() const { return group_ ? group_->waited : 0; }

namespace {

/// The sums of one backward pass.
struct Sums {
  std::vector<c10::intrusive_ptr<c10::ivalue::Future>> begun;
  double last = 0;  ///< when the last of them began: from then on the pass does nothing but wait
};

/// Sums a bucket of gradients, where the reducer itself would take the mean.
class SumHook final : public c10d::CommHookInterface {
 public:
  SumHook(c10::intrusive_ptr<c10d::ProcessGroup> processes, Sums& sums)
      : processes_(std::move(processes)), sums_(sums) {}
  c10::intrusive_ptr<c10::ivalue::Future> runHook(c10d::GradBucket& bucket) override {
    std::vector<Tensor> values = {bucket.getBufferRef()};
    sums_.begun.push_back(processes_->allreduce(values)->getFuture());
    sums_.last = steady_seconds();
    return sums_.begun.back();
  }
  Tensor parseHookResult(const c10::IValue& result) override { return c10d::detail::parseCppCommHookResult(result); }

 private:
  c10::intrusive_ptr<c10d::ProcessGroup> processes_;
  Sums& sums_;
};

}  // namespace

struct GradientSum::Parts {
  World::Group& group;
  std::unique_ptr<c10d::Reducer> reducer;
  Sums sums;
};

GradientSum::GradientSum(const World& world, const Tensors& leaves)
    : parts_(new Parts{.group = *world.group_, .reducer = {}, .sums = {}}) {
  const std::vector<bool> dense(leaves.size(), false);
  const std::vector<std::size_t> caps = {static_cast<std::size_t>(c10d::kDefaultFirstBucketBytes),
                                         static_cast<std::size_t>(c10d::kDefaultBucketBytesCap)};
  auto [buckets, limits] = c10d::compute_bucket_assignment_by_size(leaves, caps, dense);
  std::ranges::reverse(buckets);  // the last layers' gradients are there first
  parts_->reducer = std::make_unique<c10d::Reducer>(
      leaves, buckets, parts_->group.processes, dense, c10d::kDefaultBucketBytesCap, /*find_unused_parameters=*/false,
      /*gradient_as_bucket_view=*/false, std::unordered_map<std::size_t, std::string>(), c10d::kDefaultFirstBucketBytes,
      /*skip_all_reduce_unused_params=*/false, /*use_python_reducer=*/false, std::vector<std::int64_t>());
  parts_->reducer->register_comm_hook(std::make_unique<SumHook>(parts_->group.processes, parts_->sums));
}

GradientSum::~GradientSum() = default;

void GradientSum::backward(const Tensor& loss) {
  c10d::Reducer& reducer = *parts_->reducer;
  Sums& sums = parts_->sums;
  sums.begun.clear();
  parts_->group.talk([&] {
    if (reducer.should_rebuild_buckets()) reducer.rebuild_buckets();
  });
  reducer.prepare_for_backward({});
  try {
    loss.backward();
  } catch (const std::exception& e) {
    for (const auto& one : sums.begun)
      if (one->hasError()) parts_->group.broken(e.what());
    throw;
  }
  parts_->group.waited += steady_seconds() - sums.last;
}

}  // namespace diffmem

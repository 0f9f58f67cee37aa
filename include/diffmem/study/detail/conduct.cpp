// SPDX-License-Identifier: MIT
#include <diffmem/core/cpus.hpp>
#include <diffmem/core/device_work.hpp>
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/core/params.hpp>
#include <diffmem/core/runtime.hpp>
#include <diffmem/core/text.hpp>
#include <diffmem/report/index.hpp>
#include <diffmem/report/table.hpp>
#include <diffmem/report/write.hpp>
#include <diffmem/study/detail/conduct.hpp>
#include <diffmem/study/detail/slurm.hpp>
#include <diffmem/study/detail/verdicts.hpp>
#include <diffmem/study/lease.hpp>
#include <diffmem/study/run_folder.hpp>
#include <diffmem/world/told.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#ifdef DIFFMEM_CUDA
#include <ATen/Context.h>
#endif

#include <algorithm>
#include <chrono>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace diffmem {
namespace {

/// Cells by the name of their run: those of one name are one run.
using Runs = std::vector<const Cell*>;

/// The runs of this shard.
Runs runs_of(const std::vector<StudyGrid>& grids, const Shard& shard) {
  std::map<std::string_view, const Cell*> by_name;
  for (const StudyGrid& grid : grids)
    for (const Cell& cell : grid.cells) by_name.emplace(cell.plan.name, &cell);
  Runs runs;
  std::size_t i = 0;
  for (const auto& [name, cell] : by_name)
    if (i++ % shard.of == shard.part - 1) runs.push_back(cell);
  return runs;
}

constexpr const char* kRuns = "runs";  // in the folder of --out

double operations(const Cell* cell) { return cell->plan.train_flops + cell->plan.sample_flops; }

/// What a run costs while as many others are at work as will be: the mean of that many tries at once.
RunCost try_at_once(const Cell& cell, at::Device device, int jobs, int threads) {
  std::vector<RunCost> costs(static_cast<std::size_t>(jobs));
  std::exception_ptr thrown;
  std::mutex mutex;
  {
    std::vector<std::jthread> workers;
    for (RunCost& cost : costs)
      workers.emplace_back([&] {
        try {
          set_up_runtime({.threads = threads});  // OpenMP keeps the number of threads per thread
          cost = cell.run->try_out(cell.set->images, device);
        } catch (...) {
          const std::lock_guard guard(mutex);
          thrown = std::current_exception();
        }
      });
  }
  if (thrown) std::rethrow_exception(thrown);
  RunCost mean = costs.front();
  mean.train_seconds = mean.denoise_seconds = 0;
  for (const RunCost& cost : costs)
    mean.train_seconds += cost.train_seconds / jobs, mean.denoise_seconds += cost.denoise_seconds / jobs;
  return mean;
}

/// What runs cost, each network tried once.
class Costs {
 public:
  Costs(at::Device device, int jobs, int threads) : device_(device), jobs_(jobs), threads_(threads) {}
  const RunCost& of(const Cell& cell) {
    auto cost = costs_.find(cell.plan.cost_key);
    if (cost == costs_.end())
      cost = costs_.emplace(cell.plan.cost_key, try_at_once(cell, device_, jobs_, threads_)).first;
    return cost->second;
  }
  double seconds(const Cell& cell) {
    const RunCost& cost = of(cell);
    return cell.plan.trained * cost.train_seconds + cell.plan.denoised * cost.denoise_seconds;
  }

 private:
  at::Device device_;
  int jobs_, threads_;
  std::map<std::string, RunCost> costs_;
};

/// Settings, size, memory and time of each run, by a short try of each network.
void print_plan(const std::vector<StudyGrid>& grids, const Runs& runs, const TrainingSets& sets, const Options& options,
                int jobs, int threads) {
  const Cell& first = grids.front().cells.front();
  fmt::print("Settings of the first run, {}:\n", first.plan.cell);
  for (const auto& [name, text] : first.plan.settings) fmt::print("  {} = {}\n", name, text);
  for (const StudyGrid& grid : grids) {
    fmt::print("\nLabels of {}, as claims name them:", grid.study->name);
    for (const GridAxis& axis : grid.axes) fmt::print(" {}={}", axis.name, fmt::join(axis.labels, "|"));
    fmt::print("\n");
    for (const std::string& sentence : beyond_grid(grid)) fmt::print("  undecided here: {}\n", sentence);
  }
  for (const std::string& source : sets.absent())
    fmt::print("\n{} is not on this machine: planned for images of its published shape.\n", source);
  Costs costs(options.device, jobs, threads);
  double total = 0, bytes = 0;
  std::size_t done = 0;
  for (const StudyGrid& grid : grids) {
    fmt::print("\n{:<36} {:>12} {:>9} {:>10} {:>12} {:>12} {:>9} {:>12}\n", grid.study->name, "parameters", "steps",
               "epochs", "train GFLOP", "sample GFLOP", "memory", "time");
    for (const Cell& cell : grid.cells) {
      const RunPlan& p = cell.plan;
      const bool ours = std::ranges::find(runs, &cell) != runs.end();  // not another's of the same name
      const double seconds = costs.seconds(cell), memory = costs.of(cell).bytes(p.micro_batch);
      const bool finished = ours && is_finished(options.out / kRuns / p.name);
      if (finished) ++done;
      if (ours && !finished) total += seconds, bytes = std::max(bytes, memory);
      fmt::print("{:<36} {:>12} {:>9} {:>10.0f} {:>12.0f} {:>12.0f} {:>9} {:>12}{}\n", p.cell, p.parameters, p.steps,
                 p.epochs, p.train_flops / 1e9, p.sample_flops / 1e9, fmt::format("{:.0f} MB", memory / 1e6),
                 duration_text(seconds),
                 !ours      ? "  (shared, or of another shard)"
                 : finished ? "  (done)"
                            : "");
    }
  }
  fmt::print(
      "\n{} runs, {} done, {} at once with {} threads each: about {} and {:.0f} MB of tensors, by a short try of each "
      "network on this machine.\n",
      runs.size(), done, jobs, threads, duration_text(total / jobs), jobs * bytes / 1e6);
}

/// The processes of a world that share this one's processors, and which of them this is: launchers may have given each its
/// own.
struct Sharing {
  int processes = 1, index = 0;
};

/// Runs at once, and threads of each.
struct Crew {
  int jobs = 1, threads = 1;
  Sharing sharing = {};
};

/// What --jobs and --threads leave open, so that the machine is full.
Crew crew_of(const Options& options, const Runs& runs, const Place& place) {
  if (place.size > 1) {  // they work on one run together
    if (options.jobs > 1)
      throw UsageError(
          fmt::format("--jobs {}: got several runs at once in each of {} processes that work together; want "
                      "1; leave it out",
                      options.jobs, place.size));
    return {.jobs = 1,
            .threads = options.threads > 0 ? options.threads : std::max(1, available_cores() / place.local_size)};
  }
  const int cores = options.threads > 0 && options.jobs > 0 ? options.threads * options.jobs : available_cores();
  const auto small = [](const Cell* cell) { return cell->plan.forward_flops <= kSmallNet; };
  const bool one_core = std::ranges::all_of(runs, small) && !options.device.is_cuda();
  const int wanted = options.jobs > 0 ? options.jobs : one_core ? cores : 1;
  const int most = options.device.is_cuda() ? kMostStreams : wanted;
  Crew crew{.jobs = std::max(1, std::min({wanted, most, static_cast<int>(runs.size())}))};
  crew.threads = options.threads > 0 ? options.threads : one_core ? 1 : std::max(1, cores / crew.jobs);
  return crew;
}

/// Writes the script that --slurm asks for, and says how to submit it.
void write_slurm(const std::vector<StudyGrid>& grids, const Runs& runs, const Options& options, const Crew& crew) {
  constexpr int kEnoughTasks = 16;
  constexpr double kHostBytes = 8e9;  // beside a GPU, whose memory is what a try tells
  const bool gpu = options.device.is_cuda();
  Costs costs(options.device, crew.jobs, crew.threads);
  double total = 0, longest = 0, bytes = 0, step = 0;
  int left = 0;
  for (const Cell* cell : runs) {
    if (is_finished(options.out / kRuns / cell->plan.name)) continue;
    const double seconds = costs.seconds(*cell);
    ++left, total += seconds, longest = std::max(longest, seconds);
    const RunCost& cost = costs.of(*cell);
    bytes = std::max(bytes, cost.bytes(cell->plan.micro_batch));
    if (cell->plan.steps > 0)
      step = std::max(step, cell->plan.trained / static_cast<double>(cell->plan.steps) * cost.train_seconds);
  }
  const int most = std::max(1, (left + crew.jobs - 1) / crew.jobs),
            tasks = options.slurm.tasks > 0 ? options.slurm.tasks : std::min(most, kEnoughTasks);
  SlurmJob job{.name = grids.size() == 1 ? grids.front().study->name : "diffmem",
               .folder = std::filesystem::current_path(),
               .logs = std::filesystem::absolute(options.out),
               .command = {std::filesystem::read_symlink("/proc/self/exe").string()},
               .options = options.slurm.options,
               .tasks = tasks,
               .cores = crew.jobs * crew.threads,
               .seconds = std::max(longest, total / (tasks * crew.jobs)),
               .step_seconds = step,
               .bytes = gpu ? kHostBytes : crew.jobs * bytes,
               .gpu = gpu};
  job.command.insert(job.command.end(), options.slurm.words.begin(), options.slurm.words.end());
  for (const std::string& word : {std::string("--jobs"), std::to_string(crew.jobs), std::string("--threads"),
                                  std::to_string(crew.threads), std::string("--leave")})
    job.command.push_back(word);
  make_folder(options.out);  // for the logs
  write_file_atomically(options.slurm.file, slurm_script(job));
  const std::string file = options.slurm.file.string();
  fmt::print(
      "{}: {} tasks of {} cores, {} MB and {}, for {} runs that take {} one after another, by a short try of each "
      "network on this machine.\n"
      "  sbatch {}\n"
      "submits it; logs come to {}.  The last task to end writes the reports.  Should tasks get lost,\n"
      "  sbatch --dependency=afterany:JOB --array=0 {}\n"
      "makes up for them after job JOB.\n",
      file, tasks, job.cores, slurm_megabytes(job), duration_text(60 * slurm_minutes(job)), left, duration_text(total),
      file, job.logs.string(), file);
}

/// What the runs came to, by name.
struct Outcomes {
  std::map<std::string, RunRecord> records;
  std::map<std::string, std::string> failures;
  std::set<std::string> left;  ///< to other workers, which are named
  bool gone = false;           ///< the folder is full or lost
};

/// GPUs that this process sees.
int cuda_devices() {
#ifdef DIFFMEM_CUDA
  return static_cast<int>(at::getNumGPUs());
#else
  return 0;
#endif
}

Sharing sharing_of(const World& world) {
  std::string mine = this_process().boot;
  for (const Cpu& cpu : usable_cpus()) mine += fmt::format(" {}", cpu.id);
  Sharing sharing{.processes = 0};
  const std::vector<std::string> all = world.gather(std::string_view(mine));
  for (std::size_t r = 0; r < all.size(); ++r)
    if (all[r] == mine) {
      if (static_cast<int>(r) < world.rank()) ++sharing.index;
      ++sharing.processes;
    }
  return sharing;
}

/// Runs in the order in which they are to be tried: each once, then those that others have, again and again.
class Queue {
 public:
  Queue(const Runs& runs, const World& world) : world_(world) {
    for (const Cell* cell : runs) try_at(0, cell);
  }
  /// The next one, perhaps after a wait; null if there is none, or Ctrl-C came.
  const Cell* next() {
    Entry entry;
    {
      const std::lock_guard guard(mutex_);
      if (entries_.empty()) return nullptr;
      entry = entries_.front();
      entries_.pop_front();
    }
    while (!interrupted() && steady_seconds() < entry.when) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return world_.any(interrupted()) ? nullptr : entry.cell;
  }
  /// Times must not fall.
  void try_at(double when, const Cell* cell) {
    const std::lock_guard guard(mutex_);
    entries_.push_back({when, cell});
  }
  void clear() {
    const std::lock_guard guard(mutex_);
    entries_.clear();
  }

 private:
  struct Entry {
    double when = 0;  // not before it
    const Cell* cell = nullptr;
  };
  const World& world_;
  std::mutex mutex_;
  std::deque<Entry> entries_;
};

constexpr double kPause = 1;  // seconds before a run that another worker has is looked at again

/// All runs that other workers leave, `crew.jobs` of them at once, or one after the other by all processes of a world, which
/// ends with the first failure that is not the same in all of them; with `leave` none is waited for.
Outcomes carry_out(Runs runs, Priority priority, const RunContext& context, const Crew& crew, bool leave) {
  std::ranges::stable_sort(runs, [&](const Cell* a, const Cell* b) {
    return priority == Priority::cheapest ? operations(a) < operations(b) : operations(a) > operations(b);
  });
  Outcomes outcomes;
  std::vector<std::string> interruptions;
  std::map<const Cell*, std::string> holders;  // of the runs that other workers have, as the board was told
  const World& world = *context.world;
  Runs rest;  // that other workers had in this round; only with `leave`
  Queue queue(runs, world);
  std::mutex mutex;
  const double begun = steady_seconds();
  double left = 0, made = 0;     // operations
  std::set<const Cell*> undone;  // when this began
  for (const Cell* cell : runs)
    if (!is_finished(context.runs / cell->plan.name)) undone.insert(cell), left += operations(cell);
  const auto tell = [&](const Cell& cell, bool here) {  // of a run that was not done before; the mutex is held
    if (undone.erase(&cell) == 0) return;
    left -= operations(&cell);
    if (here) made += operations(&cell);
    if (runs.size() > 1 && made > 0)
      context.board->head(fmt::format("[{} of {} runs, {} left] ", runs.size() - undone.size(), runs.size(),
                                      duration_text((steady_seconds() - begun) / made * left)));
  };
  const auto attempt = [&](const Cell& cell) {
    const std::string& name = cell.plan.cell;
    const bool was_done = is_finished(context.runs / cell.plan.name);
    if (was_done && context.trace) context.board->say(name + ": is done; there is nothing to trace");
    const auto fail = [&](const std::exception& e) {
      const std::string why =
          std::string_view(e.what()).starts_with(name) ? e.what() : fmt::format("{}: {}", name, e.what());
      context.board->finish(name, "failed: " + why);
      const std::lock_guard guard(mutex);
      outcomes.failures[cell.plan.name] = why;
      tell(cell, true);
    };
    try {
      RunRecord record = cell.run->run(cell.set->images, cell.plan, context);
      const std::lock_guard guard(mutex);
      outcomes.records[cell.plan.name] = std::move(record);
      tell(cell, !was_done);
    } catch (const HeldByAnother& e) {
      if (!world.is_alone() && e.taken_over()) throw;  // the others do not know it
      {
        const std::lock_guard guard(mutex);
        if (std::exchange(holders[&cell], e.holder()) != e.holder())
          context.board->finish(name, e.taken_over() ? fmt::format("{}: {}", name, e.what())
                                                     : fmt::format("{}: another worker ({}) has it", name, e.holder()));
      }
      if (!leave) return queue.try_at(steady_seconds() + kPause, &cell);
      const std::lock_guard guard(mutex);
      rest.push_back(&cell);
    } catch (const Interrupted& e) {
      const std::lock_guard guard(mutex);
      interruptions.emplace_back(e.what());
    } catch (const StorageGone& e) {
      if (!world.is_alone()) throw;
      fail(e);
      queue.clear();  // the others would fail, too
      const std::lock_guard guard(mutex);
      outcomes.gone = true;
    } catch (const std::exception& e) {
      if (!world.is_alone() && !dynamic_cast<const NotFinite*>(&e)) throw;
      fail(e);
    }
  };
  // Of this machine's workers, in this process or with it.
  const int workers_here = world.is_alone() ? crew.jobs : crew.sharing.processes;
  const auto groups = context.device.is_cuda() ? std::vector<std::vector<int>>()
                                               : cpu_groups(usable_cpus(), workers_here, crew.threads);
  std::exception_ptr thrown;  // by a world
  const auto work = [&](std::size_t worker) {
    try {
      if (!world.is_alone()) worker = static_cast<std::size_t>(crew.sharing.index);
      if (!groups.empty()) keep_thread_on(groups[worker]);  // before it has OpenMP's threads, which are kept there, too
      set_up_runtime({.threads = context.threads});         // OpenMP keeps the number of threads per thread
      const OwnStream stream(context.device);
      while (const Cell* cell = queue.next()) attempt(*cell);
    } catch (...) {
      thrown = std::current_exception();
    }
  };
  const auto all_work = [&] {
    std::vector<std::jthread> workers;
    for (std::size_t j = 0; j < static_cast<std::size_t>(crew.jobs); ++j) workers.emplace_back(work, j);
    workers.clear();
    if (thrown) std::rethrow_exception(thrown);
  };
  all_work();
  // Who ends last must see that the others have ended: looked at again until nothing changes.
  for (std::size_t before = runs.size(); !rest.empty() && rest.size() < before && !world.any(interrupted());) {
    before = rest.size();
    for (const Cell* cell : std::exchange(rest, {})) queue.try_at(0, cell);
    all_work();
  }
  for (const Cell* cell : rest) outcomes.left.insert(holders[cell]);
  if (world.any(interrupted())) {
    for (const auto& [name, failure] : outcomes.failures) fmt::print(stderr, "error: {}\n", failure);
    std::sort(interruptions.begin(), interruptions.end());
    throw Interrupted(fmt::format(
        "{}\nThe same command continues from there.",
        interruptions.empty() ? "stopped between two runs" : fmt::format("{}", fmt::join(interruptions, "\n"))));
  }
  return outcomes;
}

/// The lease of the reports, waited for: other workers may write the same at the same time.
std::unique_ptr<Lease> lease_of_reports(Worker& worker, const std::filesystem::path& out) {
  while (true) try {
      return std::make_unique<Lease>(worker, out);
    } catch (const HeldByAnother&) {
      if (interrupted()) throw Interrupted("stopped before the reports\nThe same command writes them.");
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

/// Prints failures; the exit code that they mean.
int say(const std::vector<std::string>& failures) {
  for (const std::string& failure : failures) fmt::print(stderr, "error: {}\n", failure);
  return failures.empty() ? 0 : 1;
}

/// Does what conduct() says, with the other processes of `world`.
int conduct_in(const World& world, const std::vector<StudyGrid>& grids, const Runs& runs, const Options& options,
               Priority priority, const std::string& command, const std::vector<std::string>& refused, Crew crew) {
  crew.sharing = sharing_of(world);
  if (!world.is_alone() && options.threads == 0) crew.threads = std::max(1, available_cores() / crew.sharing.processes);
  std::optional<Worker> worker;
  if (world.leads()) worker.emplace(options.out, options.lease_seconds);
  std::optional<Peaks> peaks;
  if (world.leads() && options.trace) peaks = machine_peaks();
  catch_interrupts();
  ProgressBoard board(world.leads() ? stdout : nullptr);
  board.say(fmt::format("{}: {} runs, {} with {} threads each, in {}",
                        grids.size() == 1 ? grids.front().study->name : fmt::format("{} studies", grids.size()),
                        runs.size(),
                        world.is_alone() ? fmt::format("{} at once", crew.jobs)
                                         : fmt::format("one after the other by {} processes", world.size()),
                        crew.threads, options.out.string()));
  for (const StudyGrid& grid : grids)
    for (const std::string& sentence : beyond_grid(grid))
      board.say(fmt::format("{}: undecided here: {}", grid.study->name, sentence));
  const RunContext context{.runs = options.out / kRuns,
                           .board = &board,
                           .worker = worker ? &*worker : nullptr,
                           .threads = crew.threads,
                           .device = options.device,
                           .checkpoint_seconds = options.checkpoint_seconds,
                           .world = &world,
                           .trace = peaks ? &*peaks : nullptr};
  const double begun = steady_seconds();
  const Outcomes outcomes = carry_out(runs, priority, context, crew, options.leave);
  const double seconds = steady_seconds() - begun;
  if (!world.leads()) return 0;  // rank 0 writes and says it all; a launcher would end it for another's failure
  if (outcomes.gone) {
    std::vector<std::string> all;
    for (const auto& [name, failure] : outcomes.failures) all.push_back(failure);
    return say(all);
  }
  if (!outcomes.left.empty()) {
    fmt::print("\nOther workers have what is left ({}); the last of them to end writes the reports.\n",
               fmt::join(outcomes.left, "; "));
    return say(refused);
  }

  std::vector<IndexRecord> index;
  std::vector<std::string> failures = refused;
  for (const auto& [name, failure] : outcomes.failures) failures.push_back(failure);
  const auto lease = lease_of_reports(*worker, options.out);
  for (const StudyGrid& grid : grids) try {
      ReportRecord report = report_of(grid, outcomes.records, options.profile, available_cores());
      if (report.runs.empty()) continue;  // an earlier report stays
      report.command = command;
      for (const Cell& cell : grid.cells)
        if (const auto failed = outcomes.failures.find(cell.plan.name); failed != outcomes.failures.end())
          report.notes.push_back("A run failed: " + failed->second);
      report.machine.emplace_back("wall time of this command", duration_text(seconds));
      const std::filesystem::path folder = options.out / grid.study->name;
      lease->check();
      write_report(report, folder);
      fmt::print("\n{}\nreport: {}\n", text_table(report), (folder / "report.html").string());
      index.push_back({grid.study->name, report});
    } catch (const Error& e) {  // of one report; the others are still to be written
      failures.push_back(fmt::format("report of {}: {}", grid.study->name, e.what()));
    }
  lease->check();
  write_index(index, options.out);
  fmt::print("\nall reports: {}\n", (options.out / "index.html").string());
  if (!options.publish.empty()) {
    publish_results(index, options.out, options.publish);
    fmt::print("\nresults: {}\n", (options.publish / "results.md").string());
  }
  return say(failures);
}

}  // namespace

std::string command_text(int argc, char** argv) {
  std::string text = std::filesystem::path(argv[0]).filename().string();
  for (int i = 1; i < argc; ++i) text += " " + std::string(argv[i]);
  return text;
}

int conduct(const std::vector<StudyGrid>& grids, TrainingSets& sets, const Options& options, Priority priority,
            const std::string& command, const std::vector<std::string>& refused) {
  const Place place = place_here();
  const Runs runs = runs_of(grids, options.shard);
  if (runs.empty()) {
    if (place.rank == 0) fmt::print("No run for part {} of {}.\n", options.shard.part, options.shard.of);
    return say(refused);
  }
  const Crew crew = crew_of(options, runs, place);
  set_up_runtime({.threads = crew.threads});
  if (options.dry_run) {
    if (place.rank == 0) print_plan(grids, runs, sets, options, crew.jobs, crew.threads);
    return say(refused);
  }
  if (!options.slurm.file.empty()) {
    if (place.rank == 0) write_slurm(grids, runs, options, crew);
    return say(refused);
  }
  sets.forget_sources();
  Options here = options;
  // A launcher may show each process its own GPU alone.
  if (here.device.is_cuda() && place.size > 1 && cuda_devices() > 1)
    here.device.set_index(static_cast<at::DeviceIndex>(place.local_rank));
  const World world(place, here.device, options.timeout);
  return told_to_others(world, [&] { return conduct_in(world, grids, runs, here, priority, command, refused, crew); });
}

}  // namespace diffmem

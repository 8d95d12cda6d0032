#include "bench/load/run.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "bench/load/process_usage.h"
#include "bench/load/worker.h"

namespace objstore::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Workers = std::vector<std::unique_ptr<Worker>>;
// One operation; false ends this worker's part.
using Step = std::function<bool(Worker&, unsigned number)>;

constexpr std::chrono::milliseconds kSampleInterval{100};

std::chrono::nanoseconds in_seconds(double seconds) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
}

// Runs `step` on every worker until it says false or `stop` is set. They begin spread over `spread`, so that some ten
// thousand connections do not meet a queue for accept() that holds 4,096.
std::vector<std::thread> start(Workers& workers, const Step& step, const std::atomic<bool>& stop,
                               std::chrono::nanoseconds spread = {}) {
  const auto begun = Clock::now();
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < workers.size(); ++i) {
    std::this_thread::sleep_until(begun + spread * i / workers.size());
    threads.emplace_back([&worker = *workers[i], step, &stop, i] {
      while (!stop.load(std::memory_order_relaxed) && step(worker, i)) {
      }
    });
  }
  return threads;
}

void join(std::vector<std::thread>& threads) {
  for (std::thread& thread : threads) thread.join();
}

// Watches a server's memory and CPU time while it lives.
class Watch {
 public:
  Watch(const std::vector<int>& pids, Outcome& outcome) : pids_(pids), outcome_(outcome) {
    const ProcessUsage now = usage_of(pids_);
    server_start_ = now.cpu_seconds;
    outcome_.server_bytes_before = outcome_.server_bytes_peak = now.resident_bytes;
    client_start_ = own_cpu_seconds();
    if (!pids_.empty()) thread_ = std::thread([this] { sample(); });
  }
  ~Watch() {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
    outcome_.server_cpu_seconds = usage_of(pids_).cpu_seconds - server_start_;
    outcome_.client_cpu_seconds = own_cpu_seconds() - client_start_;
  }

 private:
  void sample() {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, kSampleInterval, [this] { return is_over_; })) {
      outcome_.server_bytes_peak = std::max(outcome_.server_bytes_peak, usage_of(pids_).resident_bytes);
    }
  }

  const std::vector<int>& pids_;
  Outcome& outcome_;
  double server_start_ = 0;
  double client_start_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_over_ = false;  // guarded by mutex_
  std::thread thread_;
};

bool needs_objects(Kind kind) {
  return kind != Kind::kPut && kind != Kind::kMultipart;
}

// Stores the objects that the run will find, with all workers.
Status prepare(Bench& bench, Workers& workers) {
  OBJSTORE_TRY(workers.front()->make_bucket());
  const Options& options = bench.options;
  if (!needs_objects(options.kind)) return {};
  if (!options.prepared) {
    std::atomic<bool> stop = false;
    std::vector<std::thread> threads = start(
        workers,
        [&](Worker& worker, unsigned) {
          const std::uint64_t object = bench.next_object++;
          return object < options.objects && worker.put(object);
        },
        stop);
    join(threads);
    for (const auto& worker : workers) {
      if (!worker->tally().first_error.empty()) return fail(Errc::kIo, worker->tally().first_error);
    }
  }
  bench.next_object = options.objects;
  for (std::uint64_t i = 0; i < options.objects; ++i) workers[i % workers.size()]->own(i);
  return {};
}

// One operation of the kind that is asked for; `number` is that of the operation.
bool operate(Bench& bench, Worker& worker, std::uint64_t number) {
  const std::uint64_t objects = bench.options.objects;
  switch (bench.options.kind) {
    case Kind::kPut:
      worker.put(number);
      return true;
    case Kind::kGet:
      worker.get(worker.random() % objects);
      return true;
    case Kind::kStat:
      worker.stat(worker.random() % objects);
      return true;
    case Kind::kDelete:
      if (number >= objects) return false;
      worker.remove(number);
      return true;
    case Kind::kList: {
      bool at_end = false;
      const bool listed = worker.list_page(at_end);
      const bool is_walk = bench.options.seconds == 0 && bench.options.operations == 0;
      return listed && !(at_end && is_walk);
    }
    case Kind::kMixed:
      worker.mixed();
      return true;
    case Kind::kMultipart:
      return false;
  }
  return false;
}

// Parts go up on all connections at once; the first one creates and completes.
bool upload(Bench& bench, Workers& workers, std::uint64_t number) {
  const auto begun = Clock::now();
  const bool is_counted = bench.is_counting;
  bench.is_counting = false;  // creating is part of the upload's time and has no row of its own
  const auto id = workers.front()->create_upload(number);
  bench.is_counting = is_counted;
  if (!id) return false;
  std::vector<std::string> etags(bench.options.parts);
  std::atomic<std::uint64_t> next = 0;
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads = start(
      workers,
      [&](Worker& worker, unsigned) {
        const std::uint64_t part = next++;
        return part < etags.size() && worker.put_part(number, *id, part, etags[part]);
      },
      stop);
  join(threads);
  if (std::ranges::any_of(etags, &std::string::empty)) return false;
  if (!workers.front()->complete_upload(number, *id, etags)) return false;
  if (is_counted) {
    workers.front()->count(Timed::kUpload, Clock::now() - begun, bench.options.parts * bench.options.part_size);
  }
  return true;
}

void run_uploads(Bench& bench, Workers& workers, Outcome& outcome) {
  const Options& options = bench.options;
  std::uint64_t number = 0;
  const auto warm_until = Clock::now() + in_seconds(options.warmup_seconds);
  while (Clock::now() < warm_until) upload(bench, workers, number++);
  bench.is_counting = true;
  const Watch watch(options.server_pids, outcome);
  const auto begun = Clock::now();
  const std::uint64_t first = number;
  const auto until = begun + in_seconds(options.seconds);
  const auto goes_on = [&] {
    return options.operations > 0 ? number - first < options.operations : Clock::now() < until;
  };
  while (goes_on() && upload(bench, workers, number)) ++number;
  outcome.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
}

void run_operations(Bench& bench, Workers& workers, Outcome& outcome) {
  const Options& options = bench.options;
  std::atomic<std::uint64_t> next = 0;
  std::atomic<std::uint64_t> end = UINT64_MAX;
  std::atomic<bool> stop = false;
  if (options.warmup_seconds == 0) {
    bench.is_counting = true;
    if (options.operations > 0) end = options.operations;
  }
  const Step step = [&](Worker& worker, unsigned) {
    const std::uint64_t number = next++;
    return number < end && operate(bench, worker, number);
  };
  auto begun = Clock::now();
  const auto warm = begun + in_seconds(options.warmup_seconds);
  std::optional<Watch> watch;
  if (options.warmup_seconds == 0) watch.emplace(options.server_pids, outcome);
  std::vector<std::thread> threads = start(workers, step, stop, in_seconds(options.warmup_seconds) / 2);
  if (options.warmup_seconds > 0) {
    std::this_thread::sleep_until(warm);
    watch.emplace(options.server_pids, outcome);
    begun = Clock::now();
    if (options.operations > 0) end = next + options.operations;
    bench.is_counting = true;
  }
  if (options.seconds > 0) {
    std::this_thread::sleep_for(in_seconds(options.seconds));
    stop = true;
  }
  join(threads);
  watch.reset();
  auto last = begun;
  for (const auto& worker : workers) last = std::max(last, worker->last_end());
  outcome.seconds = std::chrono::duration<double>(last - begun).count();
}

}  // namespace

Result<Outcome> run(const Options& options) {
  OBJSTORE_ASSIGN(auto target, Target::resolve(options.endpoint, options.ca_file, options.insecure));
  const std::uint64_t payload = options.kind == Kind::kMultipart ? options.part_size : options.size;
  Bench bench(options, std::move(target), payload);
  Workers workers;
  for (unsigned i = 0; i < options.concurrency; ++i) workers.push_back(std::make_unique<Worker>(bench, i));
  OBJSTORE_TRY(prepare(bench, workers));
  Outcome outcome;
  if (options.kind == Kind::kMultipart)
    run_uploads(bench, workers, outcome);
  else
    run_operations(bench, workers, outcome);
  for (const auto& worker : workers) outcome.tally.merge(worker->tally());
  return outcome;
}

}  // namespace objstore::bench

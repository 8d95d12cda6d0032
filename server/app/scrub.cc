#include "server/app/scrub.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <thread>

#include "common/base/bytes.h"
#include "common/base/log.h"
#include "server/app/report_json.h"
#include "server/model/damage.h"
#include "server/storage/scrubber.h"

namespace objstore::app {
namespace {

namespace json = boost::json;

constexpr std::size_t kDamagedShown = 1000;
constexpr std::size_t kOwnersShown = 20;
constexpr std::chrono::milliseconds kLook{100};

Result<json::array> damaged_chunks(storage::Engine& engine, const std::function<bool()>& cancelled) {
  OBJSTORE_ASSIGN(const auto damaged, engine.scrubber().damaged_chunks(kDamagedShown));
  std::vector<model::DamagedThing> things;
  for (const auto& one : damaged) things.push_back({.chunk = one.chunk});
  const auto state = engine.metadata().snapshot();
  OBJSTORE_ASSIGN(const auto concerned, model::find_concerned(*state, things, kOwnersShown, cancelled));
  json::array out;
  for (std::size_t i = 0; i < damaged.size(); ++i) {
    json::array owners;
    for (const auto& owner : concerned[i].owners) owners.push_back(owner_json(owner));
    out.push_back({{"chunk", to_hex(damaged[i].chunk.id)},
                   {"lost", damaged[i].lost},
                   {"owners", std::move(owners)},
                   {"owners_count", concerned[i].count}});
  }
  return out;
}

Result<std::string> report_of(storage::Engine& engine, const std::function<bool()>& cancelled) {
  const auto progress = engine.scrubber().progress();
  OBJSTORE_ASSIGN(auto damaged, damaged_chunks(engine, cancelled));
  return json::serialize(json::object{{"chunks", progress.chunks},
                                      {"bytes", progress.bytes},
                                      {"damaged", progress.damaged},
                                      {"unreadable", progress.unreadable},
                                      {"repaired", progress.repaired},
                                      {"damaged_chunks", std::move(damaged)},
                                      {"damaged_chunks_max", kDamagedShown}});
}

json::object parse_report(std::string_view report) {
  return json::parse(json::string_view(report.data(), report.size())).as_object();
}

Error no_report() {
  return {Errc::kMalformed, "the report of the scrubber cannot be understood"};
}

// The scrubber has a thread of its own, also here: this waits for the end of a pass that began no earlier than now, or
// was under way.
Result<std::string> run_pass(storage::Engine& engine, const std::function<bool()>& cancelled,
                             const std::function<void(double)>& progress) {
  storage::Scrubber& scrubber = engine.scrubber();
  const auto passes = scrubber.progress().passes;
  scrubber.request_now();
  while (true) {
    if (cancelled()) return fail(Errc::kCancelled, "the server is stopping");
    const auto now = scrubber.progress();
    if (now.passes > passes) break;
    if (!now.running && !now.last_error.empty()) return fail(Errc::kIo, now.last_error);
    progress(now.done);
    std::this_thread::sleep_for(kLook);
  }
  return report_of(engine, cancelled);
}

}  // namespace

Jobs::Work scrub_online(Store& store) {
  return [&engine = store.engine()](JobRun& job) -> Result<std::string> {
    return run_pass(engine, [&] { return job.cancelled(); }, [&](double fraction) { job.progress(fraction); });
  };
}

Result<std::string> scrub_offline(const Config& config, const std::function<void(double)>& progress) {
  const SystemClock clock;
  OBJSTORE_ASSIGN(const auto store, Store::open(config, clock));
  return run_pass(store->engine(), [] { return false; }, progress);
}

Result<std::string> scrub_text(std::string_view report) {
  try {
    const auto document = parse_report(report);
    const auto number = [&](std::string_view name) { return json::value_to<std::uint64_t>(document.at(name)); };
    std::string out;
    for (const auto& value : document.at("damaged_chunks").as_array()) {
      const auto& chunk = value.as_object();
      out += fmt::format("damage: chunk {}{}\n", json::value_to<std::string>(chunk.at("chunk")),
                         chunk.at("lost").as_bool() ? "" : ", of which another copy is good");
      out += owners_text(chunk);
    }
    out += fmt::format("{} chunks, {} bytes read; {} copies damaged, {} unreadable, {} chunks repaired.\n",
                       number("chunks"), number("bytes"), number("damaged"), number("unreadable"), number("repaired"));
    if (!document.at("damaged_chunks").as_array().empty())
      out += "To do: upload one of the objects named for a chunk again, which heals all of them, or restore them.\n";
    return out;
  } catch (const std::exception&) {
    return std::unexpected(no_report());
  }
}

Result<int> scrub_exit_status(std::string_view report) {
  try {
    const auto document = parse_report(report);
    for (const auto& chunk : document.at("damaged_chunks").as_array())
      if (chunk.at("lost").as_bool()) return 1;
    return 0;
  } catch (const std::exception&) {
    return std::unexpected(no_report());
  }
}

Result<DamageCount::Count> DamageCount::get() {
  OBJSTORE_ASSIGN(const auto generation, engine_.metadata().get(storage::Table::kStore, storage::kQuarantineKey));
  if (!generation) return Count();
  const auto now = engine_.clock().steady_now();
  std::lock_guard lock(mutex_);
  if (*generation == generation_ && now - looked_at_ < kAgeMax) return count_;
  OBJSTORE_ASSIGN(const auto damaged, engine_.scrubber().damaged_chunks(kCountedMax));
  count_ = {.damaged = damaged.size(), .lost = 0};
  for (const auto& one : damaged) count_.lost += one.lost ? 1 : 0;
  generation_ = *generation;
  looked_at_ = now;
  return count_;
}

}  // namespace objstore::app

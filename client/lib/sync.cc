#include <objstore/sync.h>

#include <utility>
#include <vector>

#include "client/lib/compare.h"
#include "client/lib/sync_run.h"

namespace objstore::client {
namespace {

// Two readers side by side: for each path, which of them have it.
class Merge {
 public:
  Merge(TreeReader& first, TreeReader& second) : first_(first), second_(second) {}
  struct Step {
    std::optional<TreeEntry> first;
    std::optional<TreeEntry> second;
  };
  // Neither: the end.
  Result<Step> next() {
    OBJSTORE_TRY(fill(first_, left_));
    OBJSTORE_TRY(fill(second_, right_));
    Step step;
    const bool take_first = left_.entry && (!right_.entry || left_.entry->path <= right_.entry->path);
    const bool take_second = right_.entry && (!left_.entry || right_.entry->path <= left_.entry->path);
    if (take_first) step.first = std::exchange(left_.entry, std::nullopt);
    if (take_second) step.second = std::exchange(right_.entry, std::nullopt);
    return step;
  }

 private:
  struct Side {
    std::optional<TreeEntry> entry{};
    bool ended = false;
  };
  static Status fill(TreeReader& reader, Side& side) {
    if (side.entry || side.ended) return {};
    OBJSTORE_ASSIGN(side.entry, reader.next());
    side.ended = !side.entry;
    return {};
  }
  TreeReader& first_;
  TreeReader& second_;
  Side left_;
  Side right_;
};

// The tree that is not listed when everything is copied anyway.
class NoTree final : public TreeReader {
 public:
  Result<std::optional<TreeEntry>> next() override { return std::nullopt; }
};

bool is_directory_mark(const Place& place, const TreeEntry& entry) {
  return std::holds_alternative<Prefix>(place) && entry.size == 0 && (entry.path.empty() || entry.path.ends_with('/'));
}

// Where below the source the target lies; nothing when it does not.
std::optional<std::string> target_inside(const Place& from, const Place& to) {
  const auto* a = std::get_if<Prefix>(&from);
  const auto* b = std::get_if<Prefix>(&to);
  if (a == nullptr || b == nullptr || a->bucket != b->bucket || !b->prefix.starts_with(a->prefix)) return std::nullopt;
  return b->prefix.substr(a->prefix.size());
}

Status check_places(const Place& from, const Place& to, const PathFilter& filter) {
  if (std::holds_alternative<Directory>(from) && std::holds_alternative<Directory>(to)) {
    return fail(Errc::kInvalidArgument, "neither of the two is in a bucket");
  }
  const auto inside = target_inside(from, to);
  if (inside && (inside->empty() || !filter.includes_some())) {
    return fail(Errc::kInvalidArgument, "the target is inside the source: the copy would copy itself");
  }
  return {};
}

// Producer: reads both trees and hands on what is to be done.
class Planner {
 public:
  Planner(Client& client, const Place& from, const Place& to, const SyncOptions& options)
      : client_(client),
        from_(from),
        to_(to),
        options_(options),
        inside_(target_inside(from, to)),
        run_(client, from, to, options) {}

  Result<SyncReport> sync() {
    const bool compares = options_.compare != Compare::kAlways || options_.remove_extra;
    const auto source = read_tree(client_, from_, options_.filter, false, options_.stop);
    std::unique_ptr<TreeReader> target = std::make_unique<NoTree>();
    if (compares) target = read_tree(client_, to_, options_.filter, true, options_.stop);
    std::vector<TreeEntry> extra;
    const Status read = plan(*source, *target, extra);
    run_.finish_copies();
    OBJSTORE_TRY(read);
    if (options_.stop.stop_requested()) return fail(Errc::kCancelled, "stopped");
    SyncReport report = run_.report();
    report.found = found_;
    report.passed_over = source->passed_over();
    if (found_ == 0 && (std::holds_alternative<Prefix>(from_) || !extra.empty())) return nothing_found();
    // Where a file could not be copied, somebody should look before anything is taken away.
    if (options_.remove_extra && report.failed == 0) {
      OBJSTORE_TRY(run_.remove(extra));
      report.removed = run_.report().removed;
      report.failed = run_.report().failed;
    }
    return report;
  }

 private:
  // A misspelt source must not empty the target.
  std::unexpected<Error> nothing_found() const {
    if (const auto* prefix = std::get_if<Prefix>(&from_)) {
      return fail(Errc::kNoSuchKey, "no key starts with '" + prefix->prefix + "', or none that is taken");
    }
    return fail(Errc::kNotFound, "the source holds nothing, and nothing is removed from the target then");
  }
  Status plan(TreeReader& source, TreeReader& target, std::vector<TreeEntry>& extra) {
    Merge merge(source, target);
    while (true) {
      if (options_.stop.stop_requested()) return fail(Errc::kCancelled, "stopped");
      OBJSTORE_ASSIGN(auto step, merge.next());
      if (!step.first && !step.second) break;
      const bool of_target = step.first && inside_ && step.first->path.starts_with(*inside_);
      if (of_target) continue;
      if (step.first) ++found_;
      if (!step.first) {
        if (options_.remove_extra) extra.push_back(std::move(*step.second));
      } else if (!(std::holds_alternative<Directory>(to_) && is_directory_mark(from_, *step.first))) {
        run_.consider(std::move(*step.first), std::move(step.second));
      }
    }
    if (options_.observer != nullptr) run_.all_considered();
    return {};
  }

  Client& client_;
  const Place& from_;
  const Place& to_;
  const SyncOptions& options_;
  const std::optional<std::string> inside_;
  SyncRun run_;
  std::uint64_t found_ = 0;
};

}  // namespace

Result<SyncReport> sync(Client& client, const Place& from, const Place& to, const SyncOptions& options) {
  constexpr unsigned kFilesMax = 256;
  if (options.files_at_once < 1 || options.files_at_once > kFilesMax) {
    return fail(Errc::kInvalidArgument, "files_at_once is not within 1 and 256");
  }
  OBJSTORE_TRY(check_places(from, to, options.filter));
  return Planner(client, from, to, options).sync();
}

Status diff(Client& client, const Place& first, const Place& second, const SyncOptions& options,
            const std::function<Status(const std::string& path, Difference difference)>& report) {
  if (options.compare == Compare::kAlways) return fail(Errc::kInvalidArgument, "kAlways compares nothing");
  const auto left = read_tree(client, first, options.filter, false, options.stop);
  const auto right = read_tree(client, second, options.filter, false, options.stop);
  const Comparer comparer(client, first, second, options.compare, options.stop);
  Merge merge(*left, *right);
  while (true) {
    OBJSTORE_ASSIGN(const auto step, merge.next());
    if (!step.first && !step.second) return {};
    if (!step.second) {
      OBJSTORE_TRY(report(step.first->path, Difference::kOnlyFirst));
    } else if (!step.first) {
      OBJSTORE_TRY(report(step.second->path, Difference::kOnlySecond));
    } else {
      OBJSTORE_ASSIGN(const bool same, comparer.same({*step.first, *step.second}));
      if (!same) OBJSTORE_TRY(report(step.first->path, Difference::kDiffers));
    }
  }
}

}  // namespace objstore::client

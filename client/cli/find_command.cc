#include <objstore/tree.h>

#include <chrono>
#include <map>
#include <optional>
#include <utility>

#include "client/cli/commands.h"
#include "client/cli/location.h"
#include "client/cli/patterns.h"
#include "client/cli/units.h"

namespace objstore::cli {
namespace {

std::int64_t now_ms() {
  using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::system_clock;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

struct Bounds {
  std::optional<std::uint64_t> larger{};
  std::optional<std::uint64_t> smaller{};
  std::optional<std::int64_t> before{};
  std::optional<std::int64_t> after{};

  bool hold(const client::TreeEntry& entry) const {
    if (larger && entry.size <= *larger) return false;
    if (smaller && entry.size >= *smaller) return false;
    if (before && entry.modified_ms >= *before) return false;
    return !after || entry.modified_ms > *after;
  }
};

Result<std::optional<std::uint64_t>> size_bound(const char* option, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto size = parse_size(text);
  if (!size) return fail(Errc::kInvalidArgument, std::string(option) + " '" + text + "' is not a size; write 10M");
  return size;
}

Result<std::optional<std::int64_t>> time_bound(const char* option, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto seconds = parse_seconds(text);
  if (!seconds) return fail(Errc::kInvalidArgument, std::string(option) + " '" + text + "' is not a time; write 7d");
  constexpr std::int64_t kMsPerSecond = 1000;
  return now_ms() - std::int64_t{*seconds} * kMsPerSecond;
}

Result<Bounds> bounds_of(const FindArguments& arguments) {
  Bounds bounds;
  OBJSTORE_ASSIGN(bounds.larger, size_bound("--larger", arguments.larger));
  OBJSTORE_ASSIGN(bounds.smaller, size_bound("--smaller", arguments.smaller));
  OBJSTORE_ASSIGN(bounds.before, time_bound("--older", arguments.older));
  OBJSTORE_ASSIGN(bounds.after, time_bound("--newer", arguments.newer));
  return bounds;
}

void print_found(Session& session, const RemotePath& root, const client::TreeEntry& entry, bool zero) {
  const std::string key = root.key + entry.path;
  if (session.json()) {
    JsonLine line;
    line.add("bucket", root.bucket.str()).add("key", key).add("size", entry.size).add("etag", entry.etag);
    session.print(line.add_time("last_modified", entry.modified_ms));
  } else if (zero) {
    session.print_raw(root.bucket.str() + "/" + key + std::string(1, '\0'));
  } else {
    session.print_name(root.bucket.str() + "/" + key);
  }
}

Status find(Session& session, const FindArguments& arguments) {
  OBJSTORE_ASSIGN(RemotePath root, RemotePath::parse(arguments.path));
  OBJSTORE_ASSIGN(const Bounds bounds, bounds_of(arguments));
  OBJSTORE_ASSIGN(auto filter, filter_of(arguments.filter));
  OBJSTORE_ASSIGN(auto pattern, pattern_of(session, root, arguments.filter));
  if (pattern) {
    root = std::move(pattern->base);
    filter = std::move(pattern->filter);
  }
  const auto tree =
      client::read_tree(session.client(), client::Prefix{root.bucket, root.key}, filter, false, session.stop());
  while (true) {
    OBJSTORE_ASSIGN(const auto entry, tree->next());
    if (!entry) return {};
    if (bounds.hold(*entry)) print_found(session, root, *entry, arguments.zero);
  }
}

struct Sum {
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;
};

// What stands before the depth-th '/'; empty when the path is not that deep.
std::string directory_at(const std::string& path, unsigned depth) {
  std::size_t end = std::string::npos;
  for (unsigned i = 0; i < depth; ++i) {
    end = path.find('/', end == std::string::npos ? 0 : end + 1);
    if (end == std::string::npos) return {};
  }
  return path.substr(0, end + 1);
}

void print_sum(Session& session, const std::string& name, const Sum& sum, bool human) {
  if (session.json()) {
    session.print(JsonLine().add("name", name).add("objects", sum.objects).add("size", sum.bytes));
    return;
  }
  std::string size = human ? human_size(sum.bytes) : std::to_string(sum.bytes);
  std::string count = std::to_string(sum.objects);
  constexpr std::size_t kSizeColumn = 14;
  constexpr std::size_t kCountColumn = 10;
  if (size.size() < kSizeColumn) size.insert(0, kSizeColumn - size.size(), ' ');
  if (count.size() < kCountColumn) count.insert(0, kCountColumn - count.size(), ' ');
  session.print_name(size + count + "  " + name);
}

Status du(Session& session, const std::string& text, const DuArguments& arguments) {
  OBJSTORE_ASSIGN(const RemotePath root, RemotePath::parse(text));
  OBJSTORE_ASSIGN(const auto filter, filter_of(arguments.filter));
  const auto tree =
      client::read_tree(session.client(), client::Prefix{root.bucket, root.key}, filter, false, session.stop());
  std::map<std::string, Sum> directories;
  Sum total;
  while (true) {
    OBJSTORE_ASSIGN(const auto entry, tree->next());
    if (!entry) break;
    const auto add = [&](Sum& sum) {
      ++sum.objects;
      sum.bytes += entry->size;
    };
    add(total);
    for (unsigned depth = 1; depth <= arguments.depth; ++depth) {
      const std::string directory = directory_at(entry->path, depth);
      if (directory.empty()) break;
      add(directories[directory]);
    }
  }
  for (const auto& [name, sum] : directories) {
    print_sum(session, root.bucket.str() + "/" + root.key + name, sum, arguments.human);
  }
  print_sum(session, root.str(), total, arguments.human);
  return {};
}

}  // namespace

ExitCode run_find(Session& session, const FindArguments& arguments) {
  const auto done = find(session, arguments);
  return done ? kExitOk : session.report("look through " + arguments.path, done.error());
}

ExitCode run_du(Session& session, const DuArguments& arguments) {
  Tally tally;
  for (const auto& path : arguments.paths) {
    const auto done = du(session, path, arguments);
    if (!done) session.report("sum up " + path, done.error());
    done ? tally.succeeded() : tally.failed(done.error().code);
  }
  return tally.exit_code();
}

}  // namespace objstore::cli

#include <objstore/tree.h>

#include <mutex>
#include <unordered_set>
#include <utility>
#include <vector>

#include "client/cli/commands.h"
#include "client/cli/location.h"
#include "client/cli/parallel.h"
#include "client/cli/patterns.h"
#include "client/cli/removal.h"

namespace objstore::cli {
namespace {

constexpr std::size_t kPageKeys = 1000;

void print_removed(Session& session, const RemovalOptions& options, const std::string& name,
                   const std::string& version = {}) {
  if (session.json()) {
    const auto slash = name.find('/');
    JsonLine line;
    line.add("removed", true).add("bucket", name.substr(0, slash)).add("key", name.substr(slash + 1));
    if (!version.empty()) line.add("version_id", version);
    if (options.dry_run) line.add("dry_run", true);
    session.print(line);
  } else {
    session.note((options.dry_run ? "would remove " : "removed ") + name +
                 (version.empty() ? std::string() : ", version " + version));
  }
}

Status remove_page(Session& session, const BucketName& bucket, const std::vector<ObjectKey>& keys,
                   const RemovalOptions& options, Tally& tally) {
  std::unordered_set<std::string> failed;
  if (!options.dry_run) {
    OBJSTORE_ASSIGN(const auto failures, session.client().remove_many(bucket, keys, session.stop()));
    for (const auto& failure : failures) {
      tally.failed(failure.error.code);
      failed.insert(failure.key.str());
      session.report("remove " + bucket.str() + "/" + failure.key.str(), failure.error);
    }
  }
  for (const auto& key : keys) {
    if (failed.contains(key.str())) continue;
    tally.succeeded();
    print_removed(session, options, bucket.str() + "/" + key.str());
  }
  return {};
}

Status remove_versions(Session& session, const BucketName& bucket, const std::string& prefix,
                       const RemovalOptions& options, Tally& tally) {
  client::ListMarker marker;
  std::mutex mutex;
  do {
    OBJSTORE_ASSIGN(const auto page, session.client().list_versions(bucket, prefix, marker, session.stop()));
    for_each_parallel(page.versions.size(), session.files_at_once(), [&](std::size_t i) {
      const auto& version = page.versions[i];
      if (session.stop().stop_requested() || !options.filter.matches(version.key.substr(prefix.size()))) return;
      const RemotePath path{bucket, version.key};
      const auto object = path.object();
      const Status removed = options.dry_run ? Status{}
                             : object        ? session.client().remove_version(*object, version.version_id)
                                             : std::unexpected(object.error());
      if (!removed) session.report("remove " + path.str(), removed.error());
      if (removed) print_removed(session, options, path.str(), version.version_id);
      const std::lock_guard lock(mutex);
      removed ? tally.succeeded() : tally.failed(removed.error().code);
    });
    if (session.stop().stop_requested()) return fail(Errc::kCancelled, "stopped");
    marker = page.next;
  } while (!marker.empty());
  return {};
}

Status remove_object(Session& session, const RemotePath& path, const RmArguments& arguments, Tally& tally) {
  OBJSTORE_ASSIGN(const client::ObjectName object, path.object());
  const RemovalOptions options{.dry_run = arguments.dry_run};
  if (!arguments.version_id.empty()) {
    if (!arguments.dry_run) OBJSTORE_TRY(session.client().remove_version(object, arguments.version_id));
  } else {
    // S3 answers 204 for a key that never was; a person who misspells one wants to be told.
    OBJSTORE_ASSIGN(const auto info,
                    session.client().head(object, {.control = {.progress = {}, .stop = session.stop()}}));
    (void)info;
    if (!arguments.dry_run) OBJSTORE_TRY(session.client().remove(object));
  }
  tally.succeeded();
  print_removed(session, options, path.str(), arguments.version_id);
  return {};
}

Status remove_one(Session& session, const std::string& text, const RmArguments& arguments, Tally& tally) {
  OBJSTORE_ASSIGN(RemotePath path, RemotePath::parse(text));
  RemovalOptions options{.dry_run = arguments.dry_run, .versions = arguments.versions};
  OBJSTORE_ASSIGN(options.filter, filter_of(arguments.filter));
  if (!arguments.recursive) {
    OBJSTORE_ASSIGN(auto pattern, pattern_of(session, path, arguments.filter));
    if (!pattern) return remove_object(session, path, arguments, tally);
    path = std::move(pattern->base);
    options.filter = std::move(pattern->filter);
  }
  const std::size_t before = tally.total();
  OBJSTORE_TRY(remove_below(session, path.bucket, path.key, options, tally));
  const bool asked_for_something = !arguments.recursive || !path.key.empty();
  if (tally.total() > before || !asked_for_something) return {};
  return fail(Errc::kNoSuchKey, arguments.recursive ? "no key starts with '" + path.key + "'" : "nothing matches it");
}

}  // namespace

Status remove_below(Session& session, const BucketName& bucket, const std::string& prefix,
                    const RemovalOptions& options, Tally& tally) {
  if (options.versions) return remove_versions(session, bucket, prefix, options, tally);
  const auto tree =
      client::read_tree(session.client(), client::Prefix{bucket, prefix}, options.filter, false, session.stop());
  std::vector<ObjectKey> keys;
  while (true) {
    OBJSTORE_ASSIGN(const auto entry, tree->next());
    if (entry) {
      OBJSTORE_ASSIGN(ObjectKey key, ObjectKey::parse(prefix + entry->path));
      keys.push_back(std::move(key));
    }
    if (keys.size() == kPageKeys || (!entry && !keys.empty())) {
      OBJSTORE_TRY(remove_page(session, bucket, keys, options, tally));
      keys.clear();
    }
    if (!entry) return {};
  }
}

ExitCode run_rm(Session& session, const RmArguments& arguments) {
  Tally tally;
  if (arguments.versions && !arguments.recursive) {
    return session.report("remove", {Errc::kInvalidArgument, "--versions goes with --recursive; one: --version-id"});
  }
  for (const auto& remote : arguments.remotes) {
    const auto removed = remove_one(session, remote, arguments, tally);
    if (removed) continue;
    session.report("remove " + remote, removed.error());
    tally.failed(removed.error().code);
    if (removed.error().code == Errc::kCancelled) break;
  }
  return tally.exit_code();
}

}  // namespace objstore::cli

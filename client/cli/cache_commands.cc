#include <objstore/cache.h>

#include <utility>

#include "client/cli/pipeline_commands.h"
#include "client/cli/transfer_view.h"
#include "client/cli/units.h"

namespace objstore::cli {
namespace {

client::Control control_of(Session& session, TransferView& view, const std::string& name) {
  return {.progress = [&view, name](std::uint64_t done,
                                    std::optional<std::uint64_t> size) { view.alone(name, done, size); },
          .stop = session.stop()};
}

Result<client::CacheStore> open_caches(Session& session, const std::string& bucket, const std::string& prefix) {
  OBJSTORE_ASSIGN(BucketName name, BucketName::parse(bucket));
  return client::CacheStore(session.client(), std::move(name), prefix);
}

const char* name_of(client::CacheMatch match) {
  switch (match) {
    case client::CacheMatch::kExact:
      return "exact";
    case client::CacheMatch::kPrefix:
      return "prefix";
    case client::CacheMatch::kRestore:
      return "restore-key";
  }
  return "exact";
}

Status save(Session& session, const CacheSaveArguments& arguments) {
  OBJSTORE_ASSIGN(client::CacheStore caches, open_caches(session, arguments.bucket, arguments.prefix));
  std::string delta_base;
  if (!arguments.restore_keys.empty()) {
    OBJSTORE_ASSIGN(const auto alike, caches.find(arguments.key, arguments.restore_keys, session.stop()));
    if (alike) delta_base = alike->key;
  }
  Result<client::CacheSaveResult> result = fail(Errc::kCancelled, "stopped");
  {
    TransferView view(session);
    result = caches.save(arguments.key, {.root = arguments.root,
                                         .paths = arguments.paths,
                                         .stable_mtimes = arguments.stable_mtimes,
                                         .level = arguments.level,
                                         .delta_base = delta_base,
                                         .control = control_of(session, view, arguments.key)});
  }
  if (!result) return std::unexpected(std::move(result.error()));
  if (result->skipped > 0) {
    session.warn("passed over " + std::to_string(result->skipped) + " sockets, pipes and devices");
  }
  if (session.json()) {
    session.print(JsonLine()
                      .add("saved", result->saved)
                      .add("key", arguments.key)
                      .add("files", result->files)
                      .add("tree_bytes", result->tree_bytes)
                      .add("archive_bytes", result->archive_bytes)
                      .add("sent_bytes", result->sent_bytes));
  } else if (result->saved) {
    session.note("saved cache " + arguments.key + ": " + std::to_string(result->files) + " files, " +
                 human_size(result->tree_bytes) + ", packed " + human_size(result->archive_bytes));
  } else {
    session.note("cache " + arguments.key + " exists already and stays as it is");
  }
  return {};
}

void print_miss(Session& session, const CacheRestoreArguments& arguments) {
  if (session.json()) {
    session.print(JsonLine().add("cache_hit", false).add("key", arguments.key).add("found", false));
  } else {
    session.note("no cache for " + arguments.key);
  }
}

void print_found(Session& session, const client::FoundCache& cache, const client::CacheRestoreResult& restored,
                 bool lookup_only) {
  if (session.json()) {
    JsonLine line;
    line.add("cache_hit", cache.match == client::CacheMatch::kExact)
        .add("key", cache.key)
        .add("found", true)
        .add("match", name_of(cache.match))
        .add("matched_key", cache.matched)
        .add("archive_bytes", cache.size)
        .add_time("saved", cache.saved_ms);
    if (!lookup_only) line.add("files", restored.files).add("tree_bytes", restored.tree_bytes);
    return session.print(line);
  }
  const std::string hit = cache.match == client::CacheMatch::kExact ? "cache hit: " : "no exact hit, but ";
  if (lookup_only) return session.note(hit + cache.key + ", " + human_size(cache.size));
  session.note(hit + "restored " + cache.key + ": " + std::to_string(restored.files) + " files, " +
               human_size(restored.tree_bytes));
}

Result<ExitCode> restore(Session& session, const CacheRestoreArguments& arguments) {
  OBJSTORE_ASSIGN(client::CacheStore caches, open_caches(session, arguments.bucket, arguments.prefix));
  OBJSTORE_ASSIGN(const auto found, caches.find(arguments.key, arguments.restore_keys, session.stop()));
  if (!found) {
    print_miss(session, arguments);
    return arguments.fail_on_miss ? kExitNotFound : kExitOk;
  }
  client::CacheRestoreResult restored;
  if (!arguments.lookup_only) {
    TransferView view(session);
    OBJSTORE_ASSIGN(restored,
                    caches.restore(*found, {.root = arguments.root, .control = control_of(session, view, found->key)}));
  }
  print_found(session, *found, restored, arguments.lookup_only);
  return kExitOk;
}

}  // namespace

ExitCode run_cache_save(Session& session, const CacheSaveArguments& arguments) {
  const auto done = save(session, arguments);
  return done ? kExitOk : session.report("save cache " + arguments.key, done.error());
}

ExitCode run_cache_restore(Session& session, const CacheRestoreArguments& arguments) {
  const auto code = restore(session, arguments);
  return code ? *code : session.report("restore cache " + arguments.key, code.error());
}

}  // namespace objstore::cli

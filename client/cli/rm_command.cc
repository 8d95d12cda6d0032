#include <utility>
#include <vector>

#include "client/cli/commands.h"
#include "client/cli/location.h"
#include "client/cli/removal.h"

namespace objstore::cli {
namespace {

void print_removed(Session& session, const std::string& bucket, const std::string& key) {
  if (session.json()) {
    session.print(JsonLine().add("removed", true).add("bucket", bucket).add("key", key));
  } else {
    session.note("removed " + bucket + "/" + key);
  }
}

Status remove_page(Session& session, const BucketName& bucket, const std::vector<ObjectKey>& keys, Tally& tally) {
  OBJSTORE_ASSIGN(const auto failures, session.client().remove_many(bucket, keys, session.stop()));
  for (const auto& failure : failures) {
    tally.failed(failure.error.code);
    session.report("remove " + bucket.str() + "/" + failure.key.str(), failure.error);
  }
  for (const auto& key : keys) {
    bool failed = false;
    for (const auto& failure : failures) failed = failed || failure.key == key;
    if (failed) continue;
    tally.succeeded();
    print_removed(session, bucket.str(), key.str());
  }
  return {};
}

Status remove_one(Session& session, const std::string& text, bool recursive, Tally& tally) {
  OBJSTORE_ASSIGN(const RemotePath path, RemotePath::parse(text));
  if (recursive) {
    const std::size_t before = tally.total();
    OBJSTORE_TRY(remove_below(session, path.bucket, path.key, tally));
    if (tally.total() > before || path.key.empty()) return {};
    return fail(Errc::kNoSuchKey, "no key starts with '" + path.key + "'");
  }
  OBJSTORE_ASSIGN(const client::ObjectName object, path.object());
  // S3 answers 204 for a key that never was; a person who misspells one wants to be told.
  OBJSTORE_ASSIGN(const auto info, session.client().head(object, {.control = {.stop = session.stop()}}));
  (void)info;
  OBJSTORE_TRY(session.client().remove(object));
  tally.succeeded();
  print_removed(session, path.bucket.str(), path.key);
  return {};
}

}  // namespace

Status remove_below(Session& session, const BucketName& bucket, const std::string& prefix, Tally& tally) {
  auto pager = session.client().list(bucket, {.prefix = prefix, .stop = session.stop()});
  while (true) {
    OBJSTORE_ASSIGN(const auto page, pager.next());
    if (!page) return {};
    std::vector<ObjectKey> keys;
    for (const auto& entry : page->objects) {
      OBJSTORE_ASSIGN(ObjectKey key, ObjectKey::parse(entry.key));
      keys.push_back(std::move(key));
    }
    if (!keys.empty()) OBJSTORE_TRY(remove_page(session, bucket, keys, tally));
  }
}

ExitCode run_rm(Session& session, const RmArguments& arguments) {
  Tally tally;
  for (const auto& remote : arguments.remotes) {
    const auto removed = remove_one(session, remote, arguments.recursive, tally);
    if (removed) continue;
    session.report("remove " + remote, removed.error());
    tally.failed(removed.error().code);
    if (removed.error().code == Errc::kCancelled) break;
  }
  return tally.exit_code();
}

}  // namespace objstore::cli

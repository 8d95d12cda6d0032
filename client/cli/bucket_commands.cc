#include "client/cli/commands.h"
#include "client/cli/location.h"
#include "client/cli/removal.h"

namespace objstore::cli {
namespace {

Result<BucketName> bucket_of(const std::string& text) {
  OBJSTORE_ASSIGN(RemotePath path, RemotePath::parse(text.ends_with('/') ? text.substr(0, text.size() - 1) : text));
  if (!path.key.empty()) return fail(Errc::kInvalidArgument, "'" + text + "' names an object, not a bucket");
  return std::move(path.bucket);
}

Status make_bucket(Session& session, const std::string& text, const client::BucketOptions& options) {
  OBJSTORE_ASSIGN(const BucketName bucket, bucket_of(text));
  return session.client().create_bucket(bucket, options);
}

Status remove_bucket(Session& session, const std::string& text, bool force) {
  OBJSTORE_ASSIGN(const BucketName bucket, bucket_of(text));
  if (!force) return session.client().delete_bucket(bucket);
  // Versions only when they are in the way: most buckets have none, and some servers do not know them.
  for (const bool versions : {false, true}) {
    Tally tally;
    OBJSTORE_TRY(remove_below(session, bucket, {}, {.versions = versions}, tally));
    if (tally.failures() > 0) return fail(Errc::kBucketNotEmpty, "some objects could not be removed");
    const Status removed = session.client().delete_bucket(bucket);
    if (removed || versions || removed.error().code != Errc::kBucketNotEmpty) return removed;
  }
  return {};
}

void print_done(Session& session, const char* verb, const std::string& bucket) {
  if (session.json()) {
    session.print(JsonLine().add(verb, true).add("bucket", bucket));
  } else {
    session.note(std::string(verb) + " " + bucket);
  }
}

}  // namespace

ExitCode run_mb(Session& session, const BucketArguments& arguments) {
  Tally tally;
  for (const auto& bucket : arguments.buckets) {
    if (const auto made = make_bucket(session, bucket, {.opaque_etags = arguments.opaque_etags}); !made) {
      session.report("make bucket " + bucket, made.error());
      tally.failed(made.error().code);
    } else {
      print_done(session, "made", bucket);
      tally.succeeded();
    }
  }
  return tally.exit_code();
}

ExitCode run_rb(Session& session, const BucketArguments& arguments) {
  Tally tally;
  for (const auto& bucket : arguments.buckets) {
    if (const auto removed = remove_bucket(session, bucket, arguments.force); !removed) {
      session.report("remove bucket " + bucket, removed.error());
      tally.failed(removed.error().code);
    } else {
      print_done(session, "removed", bucket);
      tally.succeeded();
    }
  }
  return tally.exit_code();
}

}  // namespace objstore::cli

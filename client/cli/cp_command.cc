#include <mutex>
#include <utility>

#include "client/cli/commands.h"
#include "client/cli/location.h"
#include "client/cli/parallel.h"
#include "client/cli/units.h"

namespace objstore::cli {
namespace {

class Copier {
 public:
  Copier(Session& session, const CpArguments& arguments) : session_(session), arguments_(arguments) {}
  Status one(const RemotePath& from, const RemotePath& to);
  Status tree(const RemotePath& from, const RemotePath& to);
  ExitCode exit_code() const { return tally_.exit_code(); }

 private:
  Result<client::CopyOptions> options_for(const client::ObjectName& from);

  Session& session_;
  const CpArguments& arguments_;
  std::mutex mutex_;
  Tally tally_;  // guarded by mutex_
};

// A condition on the target goes with a copy that states its own metadata; so it states the source's.
Result<client::CopyOptions> Copier::options_for(const client::ObjectName& from) {
  client::CopyOptions options{.control = {.stop = session_.stop()}};
  if (!arguments_.no_overwrite) return options;
  OBJSTORE_ASSIGN(client::ObjectInfo info, session_.client().head(from, {.control = options.control}));
  options.replace = client::PutOptions{.content_type = std::move(info.content_type),
                                       .cache_control = std::move(info.cache_control),
                                       .content_encoding = std::move(info.content_encoding),
                                       .content_disposition = std::move(info.content_disposition),
                                       .metadata = std::move(info.metadata),
                                       .if_absent = true};
  return options;
}

Status Copier::one(const RemotePath& from, const RemotePath& to) {
  OBJSTORE_ASSIGN(const client::ObjectName source, from.object());
  OBJSTORE_ASSIGN(const client::ObjectName target, (RemotePath{to.bucket, key_for_file(to.key, from.key)}.object()));
  OBJSTORE_ASSIGN(const client::CopyOptions options, options_for(source));
  OBJSTORE_ASSIGN(const client::PutResult result, session_.client().copy(source, target, options));
  const std::string name = target.bucket.str() + "/" + target.key.str();
  if (!session_.json()) {
    session_.note("copied " + from.str() + " to " + name + ", " + human_size(result.size));
    return {};
  }
  JsonLine line;
  line.add("from_bucket", from.bucket.str()).add("from_key", from.key);
  line.add("bucket", target.bucket.str()).add("key", target.key.str());
  session_.print(line.add("size", result.size).add("etag", result.etag));
  return {};
}

std::string as_directory(const std::string& key) {
  return key.empty() || key.ends_with('/') ? key : key + "/";
}

Status Copier::tree(const RemotePath& from, const RemotePath& to) {
  const std::string prefix = as_directory(from.key);
  const std::string target = as_directory(to.key);
  if (from.bucket == to.bucket && target.starts_with(prefix)) {
    return fail(Errc::kInvalidArgument, "the target is inside the source: the copy would copy itself");
  }
  auto pager = session_.client().list(from.bucket, {.prefix = prefix, .stop = session_.stop()});
  bool found = false;
  while (true) {
    OBJSTORE_ASSIGN(const auto page, pager.next());
    if (!page) break;
    found = found || !page->objects.empty();
    for_each_parallel(page->objects.size(), session_.client_options().parallelism, [&](std::size_t i) {
      if (session_.stop().stop_requested()) return;
      const std::string& key = page->objects[i].key;
      // Through one(), with a full key as the target: a name that ends with '/' stays what it is.
      const auto copied = one({from.bucket, key}, {to.bucket, target + key.substr(prefix.size())});
      if (!copied) session_.report("copy " + from.bucket.str() + "/" + key, copied.error());
      const std::lock_guard lock(mutex_);
      if (copied) {
        tally_.succeeded();
      } else {
        tally_.failed(copied.error().code);
      }
    });
    if (session_.stop().stop_requested()) return fail(Errc::kCancelled, "stopped");
  }
  if (!found) return fail(Errc::kNoSuchKey, "no key starts with '" + prefix + "'");
  return {};
}

Result<ExitCode> copy_checked(Session& session, const CpArguments& arguments) {
  OBJSTORE_ASSIGN(const RemotePath from, RemotePath::parse(arguments.from));
  OBJSTORE_ASSIGN(const RemotePath to, RemotePath::parse(arguments.to));
  Copier copier(session, arguments);
  if (arguments.recursive) {
    OBJSTORE_TRY(copier.tree(from, to));
    return copier.exit_code();
  }
  OBJSTORE_TRY(copier.one(from, to));
  return kExitOk;
}

}  // namespace

ExitCode run_cp(Session& session, const CpArguments& arguments) {
  const auto code = copy_checked(session, arguments);
  return code ? *code : session.report("copy " + arguments.from + " to " + arguments.to, code.error());
}

}  // namespace objstore::cli

#include <filesystem>
#include <utility>

#include "client/cli/location.h"
#include "client/cli/pipeline_commands.h"
#include "client/cli/transfer_view.h"
#include "client/cli/units.h"
#include "client/lib/content_type.h"

namespace objstore::cli {
namespace {

client::Control control_of(Session& session, TransferView& view, const std::string& name) {
  return {.progress = [&view, name](std::uint64_t done,
                                    std::optional<std::uint64_t> size) { view.alone(name, done, size); },
          .stop = session.stop()};
}

// "3 MiB of 600 MiB", or why all of it.
std::string extent_of(bool delta, std::uint64_t travelled, std::uint64_t size, const std::string& why_not) {
  if (!delta) return human_size(size) + ", all of it (" + why_not + ")";
  return human_size(travelled) + " of " + human_size(size);
}

Status put(Session& session, const DeltaPutArguments& arguments) {
  OBJSTORE_ASSIGN(const RemotePath remote, RemotePath::parse(arguments.remote));
  OBJSTORE_ASSIGN(const client::ObjectName to,
                  (RemotePath{remote.bucket, key_for_file(remote.key, arguments.file)}.object()));
  client::ObjectName base = to;
  if (!arguments.base.empty()) {
    OBJSTORE_ASSIGN(const RemotePath named, RemotePath::parse(arguments.base));
    OBJSTORE_ASSIGN(base, named.object());
  }
  Result<client::DeltaPutResult> result = fail(Errc::kCancelled, "stopped");
  {
    TransferView view(session);
    const client::PutOptions options{.content_type = std::string(client::guess_content_type(arguments.file)),
                                     .control = control_of(session, view, to.key.str())};
    result = session.client().put_file_delta(to, arguments.file, base, options);
  }
  if (!result) return std::unexpected(std::move(result.error()));
  if (!session.json()) {
    session.note("put " + to.bucket.str() + "/" + to.key.str() + ", sent " +
                 extent_of(result->delta, result->sent_bytes, result->put.size, result->why_not));
    return {};
  }
  JsonLine line;
  line.add("bucket", to.bucket.str())
      .add("key", to.key.str())
      .add("size", result->put.size)
      .add("etag", result->put.etag);
  if (!result->put.checksum.empty()) line.add("checksum", result->put.checksum);
  line.add("delta", result->delta).add("sent_bytes", result->sent_bytes).add("received_bytes", result->received_bytes);
  if (!result->delta) line.add("why_not", result->why_not);
  session.print(line);
  return {};
}

Status get(Session& session, const DeltaGetArguments& arguments) {
  OBJSTORE_ASSIGN(const RemotePath remote, RemotePath::parse(arguments.remote));
  OBJSTORE_ASSIGN(const client::ObjectName from, remote.object());
  const std::string& old_copy = arguments.old_copy.empty() ? arguments.file : arguments.old_copy;
  Result<client::DeltaGetResult> result = fail(Errc::kCancelled, "stopped");
  {
    TransferView view(session);
    result = session.client().get_file_delta(
        from, arguments.file, old_copy, {.sync = arguments.sync, .control = control_of(session, view, from.key.str())});
  }
  if (!result) return std::unexpected(std::move(result.error()));
  if (!session.json()) {
    session.note("got " + arguments.file + ", received " +
                 extent_of(result->delta, result->received_bytes, result->info.size, result->why_not));
    return {};
  }
  JsonLine line;
  line.add("bucket", from.bucket.str()).add("key", from.key.str()).add("size", result->info.size);
  line.add("etag", result->info.etag).add("verified", result->info.verified).add("file", arguments.file);
  line.add("delta", result->delta).add("received_bytes", result->received_bytes);
  if (!result->delta) line.add("why_not", result->why_not);
  session.print(line);
  return {};
}

}  // namespace

ExitCode run_delta_put(Session& session, const DeltaPutArguments& arguments) {
  const auto done = put(session, arguments);
  return done ? kExitOk : session.report("put " + arguments.remote, done.error());
}

ExitCode run_delta_get(Session& session, const DeltaGetArguments& arguments) {
  const auto done = get(session, arguments);
  return done ? kExitOk : session.report("get " + arguments.remote, done.error());
}

}  // namespace objstore::cli

#include <string>
#include <vector>

#include "client/cli/commands.h"
#include "client/cli/location.h"
#include "client/cli/units.h"
#include "client/lib/printable.h"
#include "common/wire/time.h"

namespace objstore::cli {
namespace {

void print_text(Session& session, const client::ObjectName& object, const client::ObjectInfo& info) {
  const auto line = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    std::string label = std::string(name) + ":";
    label.resize(16, ' ');
    session.print(label + client::printable(value));
  };
  line("object", object.bucket.str() + "/" + object.key.str());
  line("size", std::to_string(info.size) + " (" + human_size(info.size) + ")");
  line("last modified", wire::format_iso8601(info.last_modified_ms));
  line("etag", info.etag);
  line("content type", info.content_type);
  line("cache control", info.cache_control);
  line("encoding", info.content_encoding);
  line("disposition", info.content_disposition);
  line("storage class", info.storage_class);
  line("version", info.version_id);
  line("checksum", info.checksum);
  for (const auto& [name, value] : info.metadata) line("metadata", name + "=" + value);
}

void print_json(Session& session, const client::ObjectName& object, const client::ObjectInfo& info) {
  JsonLine line;
  line.add("bucket", object.bucket.str()).add("key", object.key.str()).add("size", info.size).add("etag", info.etag);
  line.add_time("last_modified", info.last_modified_ms).add("content_type", info.content_type);
  const auto optional = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) line.add(name, value);
  };
  optional("cache_control", info.cache_control);
  optional("content_encoding", info.content_encoding);
  optional("content_disposition", info.content_disposition);
  optional("storage_class", info.storage_class);
  optional("version_id", info.version_id);
  optional("checksum", info.checksum);
  session.print(line.add("metadata", info.metadata));
}

Status stat_bucket(Session& session, const BucketName& bucket) {
  OBJSTORE_ASSIGN(const auto buckets, session.client().list_buckets());
  for (const auto& info : buckets) {
    if (info.name != bucket.str()) continue;
    if (session.json()) {
      session.print(JsonLine().add("bucket", info.name).add_time("created", info.created_ms));
    } else {
      session.print("bucket:         " + info.name);
      session.print("created:        " + wire::format_iso8601(info.created_ms));
    }
    return {};
  }
  return fail(Errc::kNoSuchBucket, "there is no bucket '" + bucket.str() + "' among yours");
}

Status stat_one(Session& session, const std::string& remote, const std::string& version_id) {
  OBJSTORE_ASSIGN(const RemotePath path, RemotePath::parse(remote));
  if (path.key.empty()) return stat_bucket(session, path.bucket);
  OBJSTORE_ASSIGN(const client::ObjectName object, path.object());
  OBJSTORE_ASSIGN(const auto info,
                  session.client().head(object, {.version_id = version_id, .control = {.stop = session.stop()}}));
  session.json() ? print_json(session, object, info) : print_text(session, object, info);
  return {};
}

Result<std::string> presign(Session& session, const PresignArguments& arguments) {
  OBJSTORE_ASSIGN(const RemotePath path, RemotePath::parse(arguments.remote));
  OBJSTORE_ASSIGN(const client::ObjectName object, path.object());
  const auto expires = parse_seconds(arguments.expires);
  if (!expires)
    return fail(Errc::kInvalidArgument, "--expires '" + arguments.expires + "' is not a time; write 15m or 7d");
  return session.client().presign(object, {.method = arguments.method, .expires_seconds = *expires});
}

}  // namespace

ExitCode run_stat(Session& session, const StatArguments& arguments) {
  Tally tally;
  for (const auto& remote : arguments.remotes) {
    if (const auto found = stat_one(session, remote, arguments.version_id); !found) {
      session.report("stat " + remote, found.error());
      tally.failed(found.error().code);
    } else {
      tally.succeeded();
    }
  }
  return tally.exit_code();
}

ExitCode run_presign(Session& session, const PresignArguments& arguments) {
  const auto url = presign(session, arguments);
  if (!url) return session.report("presign " + arguments.remote, url.error());
  if (session.json()) {
    session.print(JsonLine().add("method", arguments.method).add("url", *url));
  } else {
    session.print(*url);
  }
  return kExitOk;
}

}  // namespace objstore::cli

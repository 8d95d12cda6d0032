#include <chrono>
#include <utility>

#include "client/cli/admin_commands.h"
#include "client/cli/location.h"
#include "client/cli/table.h"
#include "client/cli/units.h"
#include "client/cli/write_options.h"

namespace objstore::cli {
namespace {

const char* word_of(client::Versioning versioning) {
  switch (versioning) {
    case client::Versioning::kEnabled:
      return "enabled";
    case client::Versioning::kSuspended:
      return "suspended";
    case client::Versioning::kOff:
      return "off";
  }
  return "";
}

Status set_versioning(Session& session, const RemotePath& path, const VersionsArguments& arguments) {
  if (!path.key.empty()) return fail(Errc::kInvalidArgument, "versioning is a bucket's, not a key's");
  if (arguments.enable && arguments.suspend) return fail(Errc::kInvalidArgument, "--enable or --suspend, not both");
  const auto wanted = arguments.enable ? client::Versioning::kEnabled : client::Versioning::kSuspended;
  OBJSTORE_TRY(session.client().set_versioning(path.bucket, wanted));
  if (session.json()) {
    session.print(JsonLine().add("bucket", path.bucket.str()).add("versioning", word_of(wanted)));
  } else {
    session.note("versioning of " + path.bucket.str() + " is " + word_of(wanted));
  }
  return {};
}

void print_version(Session& session, const std::string& bucket, const client::VersionEntry& entry) {
  JsonLine line;
  line.add("bucket", bucket).add("key", entry.key).add("version_id", entry.version_id);
  line.add("latest", entry.is_latest).add("delete_marker", entry.is_delete_marker).add("size", entry.size);
  session.print(line.add("etag", entry.etag).add_time("last_modified", entry.last_modified_ms));
}

// A table holds one page: its columns line up within a thousand rows, and memory stays small.
Status list_versions(Session& session, const RemotePath& path, const VersionsArguments& arguments) {
  client::ListMarker marker;
  std::uint64_t found = 0;
  do {
    OBJSTORE_ASSIGN(const auto page, session.client().list_versions(path.bucket, path.key, marker, session.stop()));
    found += page.versions.size();
    Table table({{.name = "STORED"},
                 {.name = "SIZE", .right = true},
                 {.name = "VERSION"},
                 {.name = "STATE"},
                 {.name = "KEY", .gives = true}});
    for (const auto& entry : page.versions) {
      if (session.json()) {
        print_version(session, path.bucket.str(), entry);
        continue;
      }
      const std::string size = arguments.human ? human_size(entry.size) : std::to_string(entry.size);
      std::string state = entry.is_latest ? "latest" : "older";
      if (entry.is_delete_marker) state = entry.is_latest ? "removed" : "removal";
      table.add({format_time(entry.last_modified_ms), entry.is_delete_marker ? "-" : size, entry.version_id,
                 std::move(state), entry.key});
    }
    table.print(session);
    marker = page.next;
  } while (!marker.empty());
  if (found == 0 && !path.key.empty()) return fail(Errc::kNoSuchKey, "no key starts with '" + path.key + "'");
  OBJSTORE_ASSIGN(const auto versioning, session.client().versioning(path.bucket));
  if (!session.json()) session.note("versioning is " + std::string(word_of(versioning)));
  return {};
}

Result<std::map<std::string, std::string>> tags_of(Session& session, const TagArguments& arguments,
                                                   const client::ObjectName& object) {
  return session.client().tags(object, arguments.version_id);
}

Result<client::ObjectName> object_of(const TagArguments& arguments) {
  OBJSTORE_ASSIGN(const RemotePath path, RemotePath::parse(arguments.remote));
  return path.object();
}

void print_tags(Session& session, const TagArguments& arguments, const std::map<std::string, std::string>& tags) {
  if (session.json()) {
    session.print(JsonLine().add("object", arguments.remote).add("tags", tags));
    return;
  }
  for (const auto& [name, value] : tags) session.print_name(name + "=" + value);
}

Status tag_get(Session& session, const TagArguments& arguments) {
  OBJSTORE_ASSIGN(const auto object, object_of(arguments));
  OBJSTORE_ASSIGN(const auto tags, tags_of(session, arguments, object));
  print_tags(session, arguments, tags);
  return {};
}

Status tag_set(Session& session, const TagArguments& arguments) {
  OBJSTORE_ASSIGN(const auto object, object_of(arguments));
  OBJSTORE_ASSIGN(const auto wanted, pairs_of("tag", arguments.values));
  OBJSTORE_ASSIGN(auto tags, tags_of(session, arguments, object));
  for (const auto& [name, value] : wanted) tags[name] = value;
  OBJSTORE_TRY(session.client().set_tags(object, tags, arguments.version_id));
  print_tags(session, arguments, tags);
  return {};
}

Status tag_rm(Session& session, const TagArguments& arguments) {
  OBJSTORE_ASSIGN(const auto object, object_of(arguments));
  std::map<std::string, std::string> tags;
  if (!arguments.values.empty()) {
    OBJSTORE_ASSIGN(tags, tags_of(session, arguments, object));
  }
  for (const auto& name : arguments.values) {
    if (tags.erase(name) == 0) return fail(Errc::kNotFound, "the object has no tag '" + name + "'");
  }
  OBJSTORE_TRY(session.client().set_tags(object, tags, arguments.version_id));
  print_tags(session, arguments, tags);
  return {};
}

ExitCode told(Session& session, const std::string& what, const Status& status) {
  return status ? kExitOk : session.report(what, status.error());
}

}  // namespace

ExitCode run_versions(Session& session, const VersionsArguments& arguments) {
  const auto path = RemotePath::parse(arguments.path);
  const bool setting = arguments.enable || arguments.suspend;
  const std::string what = (setting ? "set the versioning of " : "list the versions of ") + arguments.path;
  if (!path) return session.report(what, path.error());
  return told(session, what,
              setting ? set_versioning(session, *path, arguments) : list_versions(session, *path, arguments));
}

ExitCode run_tag_get(Session& session, const TagArguments& arguments) {
  return told(session, "read the tags of " + arguments.remote, tag_get(session, arguments));
}

ExitCode run_tag_set(Session& session, const TagArguments& arguments) {
  return told(session, "tag " + arguments.remote, tag_set(session, arguments));
}

ExitCode run_tag_rm(Session& session, const TagArguments& arguments) {
  return told(session, "remove tags of " + arguments.remote, tag_rm(session, arguments));
}

}  // namespace objstore::cli

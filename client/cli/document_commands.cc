#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "client/cli/admin_commands.h"
#include "client/cli/location.h"
#include "client/cli/stdio.h"
#include "client/cli/table.h"
#include "client/cli/units.h"
#include "common/base/bytes.h"

namespace objstore::cli {
namespace {

using client::BucketDocument;

constexpr std::size_t kDocumentBytesMax = std::size_t{1} << 20;

struct Kind {
  BucketDocument kind;
  const char* name;
};
constexpr Kind kPolicy{.kind = BucketDocument::kPolicy, .name = "policy"};
constexpr Kind kCors{.kind = BucketDocument::kCors, .name = "CORS rules"};
constexpr Kind kLifecycle{.kind = BucketDocument::kLifecycle, .name = "lifecycle"};

Result<BucketName> bucket_of(const std::string& text) {
  OBJSTORE_ASSIGN(RemotePath path, RemotePath::parse(text));
  if (!path.key.empty()) return fail(Errc::kInvalidArgument, "'" + text + "' names an object, not a bucket");
  return std::move(path.bucket);
}

Result<std::string> read_text(const std::string& file, const std::stop_token& stop) {
  std::string text;
  if (file == "-") {
    const auto read = read_standard_input(stop);
    std::vector<std::byte> block(64 * 1024);
    while (text.size() <= kDocumentBytesMax) {
      OBJSTORE_ASSIGN(const std::size_t got, read(block));
      if (got == 0) break;
      text += as_text(ByteView(block).first(got));
    }
  } else {
    std::ifstream in(file, std::ios::binary);
    if (!in) return fail(Errc::kNotFound, "cannot read " + file);
    text.assign(std::istreambuf_iterator<char>(in), {});
  }
  if (text.size() > kDocumentBytesMax) return fail(Errc::kTooLarge, file + " is larger than 1 MiB");
  return text;
}

// In words: "NotImplemented" is what a server says, not what somebody can use.
ExitCode told(Session& session, const std::string& verb, const Kind& kind, const std::string& bucket, Error error) {
  if (error.code == Errc::kUnsupported) {
    error.message = "this server has no " + std::string(kind.name) + " (" + error.message + ")";
  }
  return session.report(verb + " the " + kind.name + " of " + bucket, error);
}

ExitCode get_document(Session& session, const Kind& kind, const std::string& text) {
  const auto bucket = bucket_of(text);
  if (!bucket) return told(session, "read", kind, text, bucket.error());
  auto document = session.client().document(*bucket, kind.kind);
  if (!document) return told(session, "read", kind, text, document.error());
  if (!document->ends_with('\n')) *document += '\n';
  session.print_raw(*document);
  return kExitOk;
}

void say_done(Session& session, const Kind& kind, const std::string& bucket, const char* verb) {
  if (session.json()) {
    session.print(JsonLine().add(verb, kind.name).add("bucket", bucket));
  } else {
    session.note(std::string(verb) + " the " + kind.name + " of " + bucket);
  }
}

ExitCode set_document(Session& session, const Kind& kind, const DocumentArguments& arguments) {
  const auto bucket = bucket_of(arguments.bucket);
  if (!bucket) return told(session, "set", kind, arguments.bucket, bucket.error());
  const auto text = read_text(arguments.file, session.stop());
  if (!text) return told(session, "set", kind, arguments.bucket, text.error());
  const auto done = session.client().set_document(*bucket, kind.kind, *text);
  if (!done) return told(session, "set", kind, arguments.bucket, done.error());
  say_done(session, kind, arguments.bucket, "set");
  return kExitOk;
}

ExitCode remove_document(Session& session, const Kind& kind, const std::string& text) {
  const auto bucket = bucket_of(text);
  if (!bucket) return told(session, "remove", kind, text, bucket.error());
  const auto done = session.client().remove_document(*bucket, kind.kind);
  if (!done) return told(session, "remove", kind, text, done.error());
  say_done(session, kind, text, "removed");
  return kExitOk;
}

// --- uploads under way

std::int64_t now_ms() {
  using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::system_clock;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

template <typename Visit>
Status each_upload(Session& session, const RemotePath& path, Visit visit) {
  client::ListMarker marker;
  do {
    OBJSTORE_ASSIGN(const auto page, session.client().list_uploads(path.bucket, path.key, marker, session.stop()));
    for (const auto& entry : page.uploads) OBJSTORE_TRY(visit(entry));
    marker = page.next;
  } while (!marker.empty());
  return {};
}

Status list_uploads(Session& session, const RemotePath& path) {
  Table table({{.name = "BEGUN"},
               {.name = "PARTS", .right = true},
               {.name = "SIZE", .right = true},
               {.name = "UPLOAD"},
               {.name = "KEY", .gives = true}});
  const auto show = [&](const client::UploadEntry& entry) -> Status {
    OBJSTORE_ASSIGN(const client::ObjectName object, (RemotePath{path.bucket, entry.key}.object()));
    const auto parts = session.client().list_parts(object, entry.upload_id);
    if (!parts && parts.error().code == Errc::kNoSuchUpload) return {};  // ended since it was listed
    OBJSTORE_TRY(parts);
    std::uint64_t bytes = 0;
    for (const auto& part : *parts) bytes += part.size;
    if (session.json()) {
      JsonLine line;
      line.add("bucket", path.bucket.str()).add("key", entry.key).add("upload_id", entry.upload_id);
      line.add("parts", std::uint64_t{parts->size()}).add("size", bytes);
      session.print(line.add_time("initiated", entry.initiated_ms));
    } else {
      table.add({format_time(entry.initiated_ms), std::to_string(parts->size()), human_size(bytes), entry.upload_id,
                 entry.key});
    }
    return {};
  };
  OBJSTORE_TRY(each_upload(session, path, show));
  table.print(session);
  return {};
}

Status abort_uploads(Session& session, const UploadsArguments& arguments) {
  OBJSTORE_ASSIGN(const RemotePath path, RemotePath::parse(arguments.path));
  if (path.key.empty() && !arguments.recursive) {
    return fail(Errc::kInvalidArgument, "say which key, or --recursive for all below the name");
  }
  std::uint32_t age_s = 0;
  if (!arguments.older.empty()) {
    const auto seconds = parse_seconds(arguments.older);
    if (!seconds) return fail(Errc::kInvalidArgument, "--older '" + arguments.older + "' is not a time; write 7d");
    age_s = *seconds;
  }
  constexpr std::int64_t kMsPerSecond = 1000;
  const std::int64_t before = now_ms() - std::int64_t{age_s} * kMsPerSecond;
  std::uint64_t aborted = 0;
  // First the list, then the taking: a listing that loses what it stands on may end early.
  std::vector<client::UploadEntry> chosen;
  const auto choose = [&](const client::UploadEntry& entry) -> Status {
    const bool meant = arguments.recursive || entry.key == path.key;
    const bool this_one = arguments.upload_id.empty() || arguments.upload_id == entry.upload_id;
    if (meant && this_one && (arguments.older.empty() || entry.initiated_ms < before)) chosen.push_back(entry);
    return {};
  };
  OBJSTORE_TRY(each_upload(session, path, choose));
  for (const auto& entry : chosen) {
    if (session.stop().stop_requested()) return fail(Errc::kCancelled, "stopped");
    OBJSTORE_ASSIGN(const client::ObjectName object, (RemotePath{path.bucket, entry.key}.object()));
    OBJSTORE_TRY(session.client().abort_upload(object, entry.upload_id));
    ++aborted;
    if (session.json()) {
      session.print(JsonLine().add("aborted", entry.upload_id).add("bucket", path.bucket.str()).add("key", entry.key));
    } else {
      session.note("aborted " + entry.upload_id + " of " + path.bucket.str() + "/" + entry.key);
    }
  }
  if (aborted == 0) return fail(Errc::kNoSuchUpload, "there is no such upload; `objcli uploads ls` shows them");
  return {};
}

}  // namespace

ExitCode run_policy_get(Session& s, const DocumentArguments& a) {
  return get_document(s, kPolicy, a.bucket);
}
ExitCode run_policy_set(Session& s, const DocumentArguments& a) {
  return set_document(s, kPolicy, a);
}
ExitCode run_policy_rm(Session& s, const DocumentArguments& a) {
  return remove_document(s, kPolicy, a.bucket);
}
ExitCode run_cors_get(Session& s, const DocumentArguments& a) {
  return get_document(s, kCors, a.bucket);
}
ExitCode run_cors_set(Session& s, const DocumentArguments& a) {
  return set_document(s, kCors, a);
}
ExitCode run_cors_rm(Session& s, const DocumentArguments& a) {
  return remove_document(s, kCors, a.bucket);
}
ExitCode run_lifecycle_get(Session& s, const DocumentArguments& a) {
  return get_document(s, kLifecycle, a.bucket);
}
ExitCode run_lifecycle_set(Session& s, const DocumentArguments& a) {
  return set_document(s, kLifecycle, a);
}
ExitCode run_lifecycle_rm(Session& s, const DocumentArguments& a) {
  return remove_document(s, kLifecycle, a.bucket);
}

ExitCode run_uploads_ls(Session& session, const UploadsArguments& arguments) {
  const auto path = RemotePath::parse(arguments.path);
  const Status done = path ? list_uploads(session, *path) : std::unexpected(path.error());
  return done ? kExitOk : session.report("list the uploads of " + arguments.path, done.error());
}

ExitCode run_uploads_abort(Session& session, const UploadsArguments& arguments) {
  const auto done = abort_uploads(session, arguments);
  return done ? kExitOk : session.report("abort uploads of " + arguments.path, done.error());
}

}  // namespace objstore::cli

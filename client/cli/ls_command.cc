#include <string>

#include "client/cli/commands.h"
#include "client/cli/location.h"
#include "client/cli/units.h"
#include "client/lib/printable.h"

namespace objstore::cli {
namespace {

constexpr std::size_t kSizeColumn = 12;

std::string right_aligned(const std::string& text) {
  return std::string(text.size() < kSizeColumn ? kSizeColumn - text.size() : 0, ' ') + text;
}

class Lister {
 public:
  Lister(Session& session, const LsArguments& arguments) : session_(session), arguments_(arguments) {}
  Status buckets();
  Status objects();

 private:
  void print_object(const std::string& bucket, const client::ListEntry& entry);
  void print_prefix(const std::string& bucket, const std::string& prefix);
  std::string size_text(std::uint64_t bytes) const {
    return arguments_.human ? human_size(bytes) : std::to_string(bytes);
  }
  // Of objects and directories in one page, in the order of their names.
  void print_page(const std::string& bucket, const client::ListPage& page);

  Session& session_;
  const LsArguments& arguments_;
  std::uint64_t printed_ = 0;
};

Status Lister::buckets() {
  OBJSTORE_ASSIGN(const auto buckets, session_.client().list_buckets());
  for (const auto& bucket : buckets) {
    if (session_.json()) {
      session_.print(JsonLine().add("bucket", bucket.name).add_time("created", bucket.created_ms));
    } else {
      session_.print(format_time(bucket.created_ms) + "  " + client::printable(bucket.name));
    }
  }
  return {};
}

void Lister::print_object(const std::string& bucket, const client::ListEntry& entry) {
  ++printed_;
  if (session_.json()) {
    JsonLine line;
    line.add("bucket", bucket).add("key", entry.key).add("size", entry.size).add("etag", entry.etag);
    session_.print(line.add_time("last_modified", entry.last_modified_ms));
    return;
  }
  session_.print(format_time(entry.last_modified_ms) + right_aligned(size_text(entry.size)) + "  " +
                 client::printable(entry.key));
}

void Lister::print_prefix(const std::string& bucket, const std::string& prefix) {
  ++printed_;
  if (session_.json()) {
    session_.print(JsonLine().add("bucket", bucket).add("prefix", prefix));
    return;
  }
  session_.print(std::string(format_time(0).size(), ' ') + right_aligned("DIR") + "  " + client::printable(prefix));
}

void Lister::print_page(const std::string& bucket, const client::ListPage& page) {
  auto prefix = page.prefixes.begin();
  for (const auto& entry : page.objects) {
    while (prefix != page.prefixes.end() && *prefix < entry.key) print_prefix(bucket, *prefix++);
    print_object(bucket, entry);
  }
  while (prefix != page.prefixes.end()) print_prefix(bucket, *prefix++);
}

Status Lister::objects() {
  OBJSTORE_ASSIGN(const RemotePath path, RemotePath::parse(arguments_.path));
  auto pager = session_.client().list(
      path.bucket, {.prefix = path.key, .delimiter = arguments_.recursive ? "" : "/", .stop = session_.stop()});
  while (true) {
    OBJSTORE_ASSIGN(const auto page, pager.next());
    if (!page) break;
    print_page(path.bucket.str(), *page);
  }
  // An empty bucket is no error; a name that was asked for and is not there is.
  if (printed_ == 0 && !path.key.empty()) return fail(Errc::kNoSuchKey, "no key starts with '" + path.key + "'");
  return {};
}

}  // namespace

ExitCode run_ls(Session& session, const LsArguments& arguments) {
  Lister lister(session, arguments);
  const bool buckets = arguments.path.empty() || arguments.path == "s3://";
  const auto listed = buckets ? lister.buckets() : lister.objects();
  if (listed) return kExitOk;
  return session.report(buckets ? "list the buckets" : "list " + arguments.path, listed.error());
}

}  // namespace objstore::cli

#include <filesystem>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "client/cli/commands.h"
#include "client/cli/location.h"
#include "client/cli/parallel.h"
#include "client/cli/progress.h"
#include "client/cli/stdio.h"
#include "client/cli/units.h"
#include "common/base/bytes.h"

namespace objstore::cli {
namespace {

namespace fs = std::filesystem;

// "first-last" or "first-".
Result<std::optional<client::ByteRange>> parse_range(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto dash = text.find('-');
  const auto first = parse_u64(std::string_view(text).substr(0, dash));
  if (dash == std::string::npos || !first) return fail(Errc::kInvalidArgument, "--range is first-last, or first-");
  client::ByteRange range{.first = *first};
  if (dash + 1 == text.size()) return range;
  range.last = parse_u64(std::string_view(text).substr(dash + 1));
  if (!range.last || *range.last < *first) return fail(Errc::kInvalidArgument, "--range is first-last, or first-");
  return range;
}

class Getter {
 public:
  Getter(Session& session, const GetArguments& arguments, std::optional<client::ByteRange> range)
      : session_(session), arguments_(arguments), range_(range) {}

  Result<client::ObjectInfo> get(const client::ObjectName& from, const std::string& file, bool show_bar);
  Status get_tree(const RemotePath& remote, const fs::path& directory);
  ExitCode exit_code() const { return tally_.exit_code(); }

 private:
  void print(const client::ObjectName& from, const std::string& file, const client::ObjectInfo& info);
  void get_below(const BucketName& bucket, const std::string& key, std::size_t prefix_length,
                 const fs::path& directory);
  Status get_to(const BucketName& bucket, const std::string& key, std::size_t prefix_length, const fs::path& directory);

  Session& session_;
  const GetArguments& arguments_;
  const std::optional<client::ByteRange> range_;
  std::mutex mutex_;
  Tally tally_;  // guarded by mutex_
};

void Getter::print(const client::ObjectName& from, const std::string& file, const client::ObjectInfo& info) {
  if (file == "-") return;
  if (!session_.json()) {
    session_.note("got " + file + ", " + human_size(info.size));
    return;
  }
  JsonLine line;
  line.add("bucket", from.bucket.str()).add("key", from.key.str()).add("size", info.size).add("etag", info.etag);
  session_.print(line.add("file", file).add("verified", info.verified));
}

Result<client::ObjectInfo> Getter::get(const client::ObjectName& from, const std::string& file, bool show_bar) {
  Result<client::ObjectInfo> result = fail(Errc::kCancelled, "stopped");
  {
    ProgressBar bar(from.key.str(), show_bar && session_.shows_progress());
    const client::GetOptions options{
        .range = range_,
        .sync = arguments_.sync,
        .control = {
            .progress = [&](std::uint64_t done, std::optional<std::uint64_t> total) { bar.update(done, total); },
            .stop = session_.stop()}};
    result = file == "-" ? session_.client().get(from, write_standard_output(session_.stop()), options)
                         : session_.client().get_file(from, file, options);
  }
  if (result) print(from, file, *result);
  return result;
}

Status Getter::get_to(const BucketName& bucket, const std::string& key, std::size_t prefix_length,
                      const fs::path& directory) {
  const auto relative = relative_path_for(std::string_view(key).substr(prefix_length));
  if (!relative) return fail(Errc::kInvalidArgument, "the key cannot be a file's name below " + directory.string());
  const fs::path file = directory / *relative;
  std::error_code ec;
  fs::create_directories(file.parent_path(), ec);
  if (ec) return fail(Errc::kIo, "cannot make " + file.parent_path().string() + ": " + ec.message());
  OBJSTORE_ASSIGN(const client::ObjectName from, (RemotePath{bucket, key}.object()));
  OBJSTORE_ASSIGN(const auto info, get(from, file.string(), false));
  (void)info;
  return {};
}

void Getter::get_below(const BucketName& bucket, const std::string& key, std::size_t prefix_length,
                       const fs::path& directory) {
  const auto got = get_to(bucket, key, prefix_length, directory);
  if (!got) session_.report("get " + bucket.str() + "/" + key, got.error());
  const std::lock_guard lock(mutex_);
  if (got) {
    tally_.succeeded();
  } else {
    tally_.failed(got.error().code);
  }
}

Status Getter::get_tree(const RemotePath& remote, const fs::path& directory) {
  // "a/b" means the tree a/b/..., not a/bc: prefixes that are no directories are for ls and rm.
  const std::string prefix = remote.key.empty() || remote.key.ends_with('/') ? remote.key : remote.key + "/";
  auto pager = session_.client().list(remote.bucket, {.prefix = prefix, .stop = session_.stop()});
  bool found = false;
  while (true) {
    OBJSTORE_ASSIGN(const auto page, pager.next());
    if (!page) break;
    found = found || !page->objects.empty();
    for_each_parallel(page->objects.size(), session_.client_options().parallelism, [&](std::size_t i) {
      const auto& entry = page->objects[i];
      // A key that ends with '/' is some tool's mark for a directory; it has nothing to write.
      const bool directory_mark = entry.key.ends_with('/') && entry.size == 0;
      if (session_.stop().stop_requested() || directory_mark) return;
      get_below(remote.bucket, entry.key, prefix.size(), directory);
    });
    if (session_.stop().stop_requested()) return fail(Errc::kCancelled, "stopped");
  }
  if (!found) return fail(Errc::kNoSuchKey, "no key starts with '" + prefix + "'");
  return {};
}

Result<std::string> target_file(const GetArguments& arguments, const client::ObjectName& from) {
  const std::string name(base_name(from.key.str()));
  std::error_code ec;
  const bool into_directory = arguments.file.empty() || arguments.file.ends_with('/') ||
                              (arguments.file != "-" && fs::is_directory(arguments.file, ec));
  if (!into_directory) return arguments.file;
  if (!relative_path_for(name)) {
    return fail(Errc::kInvalidArgument, "the key's last part cannot be a file's name: say which file to write");
  }
  return arguments.file.empty() ? name : (fs::path(arguments.file) / name).string();
}

Result<ExitCode> get_checked(Session& session, const GetArguments& arguments) {
  OBJSTORE_ASSIGN(const RemotePath remote, RemotePath::parse(arguments.remote));
  OBJSTORE_ASSIGN(const auto range, parse_range(arguments.range));
  Getter getter(session, arguments, range);
  if (arguments.recursive) {
    OBJSTORE_TRY(getter.get_tree(remote, arguments.file.empty() ? "." : arguments.file));
    return getter.exit_code();
  }
  OBJSTORE_ASSIGN(const client::ObjectName from, remote.object());
  OBJSTORE_ASSIGN(const std::string file, target_file(arguments, from));
  OBJSTORE_ASSIGN(const auto info, getter.get(from, file, true));
  (void)info;
  return kExitOk;
}

}  // namespace

ExitCode run_get(Session& session, const GetArguments& arguments) {
  const auto code = get_checked(session, arguments);
  return code ? *code : session.report("get " + arguments.remote, code.error());
}

ExitCode run_cat(Session& session, const CatArguments& arguments) {
  Tally tally;
  for (const auto& remote : arguments.remotes) {
    const auto code = get_checked(session, {.remote = remote, .file = "-", .range = arguments.range});
    if (code) {
      tally.succeeded();
      continue;
    }
    session.report("read " + remote, code.error());
    tally.failed(code.error().code);
    if (code.error().code == Errc::kCancelled) break;
  }
  return tally.exit_code();
}

}  // namespace objstore::cli

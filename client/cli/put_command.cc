#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "client/cli/commands.h"
#include "client/cli/location.h"
#include "client/cli/parallel.h"
#include "client/cli/progress.h"
#include "client/cli/stdio.h"
#include "client/cli/units.h"
#include "client/lib/content_type.h"
#include "common/base/bytes.h"

namespace objstore::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBatchFiles = 1000;

Result<client::PutOptions> put_options(const PutArguments& arguments) {
  client::PutOptions options{.content_type = arguments.content_type,
                             .cache_control = arguments.cache_control,
                             .if_absent = arguments.no_overwrite};
  for (const auto& text : arguments.metadata) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(Errc::kInvalidArgument, "--metadata '" + text + "' is not name=value");
    }
    options.metadata[to_lower(text.substr(0, equals))] = text.substr(equals + 1);
  }
  return options;
}

struct Upload {
  std::string file;
  std::string key;
};

class Putter {
 public:
  Putter(Session& session, client::PutOptions options, BucketName bucket)
      : session_(session), options_(std::move(options)), bucket_(std::move(bucket)) {}

  void put(const Upload& upload, bool show_bar);
  void put_tree(const fs::path& root, const std::string& prefix);
  ExitCode exit_code() const { return tally_.exit_code(); }
  void fail_with(const std::string& what, const Error& error);

 private:
  Result<client::PutResult> send(const Upload& upload, ProgressBar& bar);
  void print(const Upload& upload, const client::PutResult& result);
  void put_batch(std::vector<Upload>& batch);
  void add_entry(const fs::directory_entry& entry, const fs::path& root, const std::string& prefix,
                 std::vector<Upload>& batch);

  Session& session_;
  const client::PutOptions options_;
  const BucketName bucket_;
  std::mutex mutex_;
  Tally tally_;  // guarded by mutex_
  std::uint64_t links_ = 0;
};

Result<client::PutResult> Putter::send(const Upload& upload, ProgressBar& bar) {
  OBJSTORE_ASSIGN(const client::ObjectName to, (RemotePath{bucket_, upload.key}.object()));
  client::PutOptions options = options_;
  if (options.content_type.empty()) {
    options.content_type = client::guess_content_type(upload.file == "-" ? upload.key : upload.file);
  }
  options.control.stop = session_.stop();
  options.control.progress = [&](std::uint64_t done, std::optional<std::uint64_t> total) { bar.update(done, total); };
  if (upload.file != "-") return session_.client().put_file(to, upload.file, options);
  return session_.client().put_stream(to, read_standard_input(session_.stop()), options);
}

void Putter::print(const Upload& upload, const client::PutResult& result) {
  if (!session_.json()) {
    session_.note("put " + bucket_.str() + "/" + upload.key + ", " + human_size(result.size));
    return;
  }
  JsonLine line;
  line.add("bucket", bucket_.str()).add("key", upload.key).add("size", result.size).add("etag", result.etag);
  if (!result.checksum.empty()) line.add("checksum", result.checksum);
  session_.print(line.add("file", upload.file));
}

void Putter::fail_with(const std::string& what, const Error& error) {
  session_.report(what, error);
  const std::lock_guard lock(mutex_);
  tally_.failed(error.code);
}

void Putter::put(const Upload& upload, bool show_bar) {
  Result<client::PutResult> result = fail(Errc::kCancelled, "stopped");
  {
    ProgressBar bar(upload.key, show_bar && session_.shows_progress());
    result = send(upload, bar);
  }
  if (!result) return fail_with("put " + bucket_.str() + "/" + upload.key, result.error());
  print(upload, *result);
  const std::lock_guard lock(mutex_);
  tally_.succeeded();
}

void Putter::put_batch(std::vector<Upload>& batch) {
  for_each_parallel(batch.size(), session_.client_options().parallelism, [&](std::size_t i) {
    if (!session_.stop().stop_requested()) put(batch[i], false);
  });
  batch.clear();
}

void Putter::add_entry(const fs::directory_entry& entry, const fs::path& root, const std::string& prefix,
                       std::vector<Upload>& batch) {
  std::error_code ec;
  if (entry.is_symlink(ec)) {
    ++links_;
    return;
  }
  if (!entry.is_regular_file(ec)) return;
  batch.push_back({.file = entry.path().string(), .key = prefix + entry.path().lexically_relative(root).string()});
}

void Putter::put_tree(const fs::path& root, const std::string& prefix) {
  std::vector<Upload> batch;
  std::error_code ec;
  fs::recursive_directory_iterator walk(root, ec);
  for (; !ec && walk != fs::recursive_directory_iterator(); walk.increment(ec)) {
    if (session_.stop().stop_requested()) break;
    add_entry(*walk, root, prefix, batch);
    if (batch.size() >= kBatchFiles) put_batch(batch);
  }
  put_batch(batch);
  if (ec) fail_with("read " + root.string(), {Errc::kIo, ec.message()});
  if (session_.stop().stop_requested()) fail_with("put " + root.string(), {Errc::kCancelled, "stopped"});
  if (links_ > 0) session_.warn("passed over " + std::to_string(links_) + " symbolic links below " + root.string());
}

ExitCode put_all(Session& session, const PutArguments& arguments, const RemotePath& remote,
                 client::PutOptions options) {
  Putter putter(session, std::move(options), remote.bucket);
  for (const auto& file : arguments.files) {
    if (session.stop().stop_requested()) break;
    if (arguments.recursive) {
      const bool directory_like = remote.key.empty() || remote.key.ends_with('/');
      putter.put_tree(file, directory_like ? remote.key : remote.key + "/");
    } else {
      putter.put({.file = file, .key = file == "-" ? remote.key : key_for_file(remote.key, file)}, true);
    }
  }
  return putter.exit_code();
}

// What is wrong with the arguments as a whole; nothing is sent then.
Status check(const PutArguments& arguments, const RemotePath& remote) {
  const bool one_object = !remote.key.empty() && !remote.key.ends_with('/');
  if (arguments.files.size() > 1 && one_object && !arguments.recursive) {
    return fail(Errc::kInvalidArgument, "several files cannot become one object: end the target with '/'");
  }
  for (const auto& file : arguments.files) {
    std::error_code ec;
    const bool directory = file != "-" && fs::is_directory(file, ec);
    if (directory && !arguments.recursive) {
      return fail(Errc::kInvalidArgument, file + " is a directory: put it with --recursive");
    }
    if (!directory && arguments.recursive) return fail(Errc::kInvalidArgument, file + " is not a directory");
  }
  return {};
}

}  // namespace

ExitCode run_put(Session& session, const PutArguments& given) {
  PutArguments arguments = given;
  // `put file s3://bucket/key` can only mean one thing.
  if (arguments.files.size() == 1 && has_s3_scheme(arguments.files[0]) && !has_s3_scheme(arguments.remote)) {
    std::swap(arguments.files[0], arguments.remote);
  }
  const std::string what = "put " + arguments.remote;
  const auto remote = RemotePath::parse(arguments.remote);
  if (!remote) return session.report(what, remote.error());
  auto options = put_options(arguments);
  if (!options) return session.report(what, options.error());
  if (const auto sound = check(arguments, *remote); !sound) return session.report(what, sound.error());
  return put_all(session, arguments, *remote, std::move(*options));
}

}  // namespace objstore::cli

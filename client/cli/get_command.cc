#include <objstore/tree.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "client/cli/commands.h"
#include "client/cli/location.h"
#include "client/cli/patterns.h"
#include "client/cli/transfers.h"
#include "client/cli/tree_run.h"
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

Result<std::string> target_file(const GetArguments& arguments, const client::ObjectName& from) {
  const std::string name(base_name(from.key.str()));
  std::error_code ec;
  const bool into_directory = arguments.file.empty() || arguments.file.ends_with('/') ||
                              (arguments.file != "-" && fs::is_directory(arguments.file, ec));
  if (!into_directory) return arguments.file;
  if (!client::file_path_for(name)) {
    return fail(Errc::kInvalidArgument, "the key's last part cannot be a file's name: say which file to write");
  }
  return arguments.file.empty() ? name : (fs::path(arguments.file) / name).string();
}

Result<ExitCode> get_tree(Session& session, const GetArguments& arguments, const RemotePath& remote,
                          const client::PathFilter& filter) {
  const std::string directory = arguments.file.empty() ? "." : arguments.file;
  if (directory == "-") return fail(Errc::kInvalidArgument, "a tree cannot go to standard output");
  if (!arguments.delta_from.empty()) {
    return fail(Errc::kInvalidArgument, "--delta-from is for one object; --delta takes for each the file it replaces");
  }
  TreeRun run(session, {.done = "got", .infinitive = "get"}, arguments.dry_run);
  auto options = run.options();
  options.compare = client::Compare::kAlways;
  options.filter = filter;
  options.get.sync = arguments.sync;
  options.delta = arguments.delta;
  // "a/b" means the tree a/b/..., not a/bc: prefixes that are no directories are for ls and rm.
  return run.run(client::Prefix{remote.bucket, as_directory(remote.key)}, client::Directory{directory}, options,
                 "get " + arguments.remote);
}

// Nothing: the whole is fetched.
Result<std::optional<std::string>> delta_from(const GetArguments& arguments, const std::string& file) {
  if (!arguments.delta && arguments.delta_from.empty()) return std::nullopt;
  if (!arguments.range.empty()) return fail(Errc::kInvalidArgument, "--range and --delta exclude each other");
  if (file == "-") return fail(Errc::kInvalidArgument, "standard output has nothing to differ from: name a file");
  return arguments.delta_from.empty() ? file : arguments.delta_from;
}

Result<ExitCode> get_checked(Session& session, const GetArguments& arguments) {
  OBJSTORE_ASSIGN(const RemotePath remote, RemotePath::parse(arguments.remote));
  OBJSTORE_ASSIGN(const auto range, parse_range(arguments.range));
  OBJSTORE_ASSIGN(const auto filter, filter_of(arguments.filter));
  if (arguments.recursive) return get_tree(session, arguments, remote, filter);
  OBJSTORE_ASSIGN(const auto pattern, pattern_of(session, remote, arguments.filter));
  if (pattern) return get_tree(session, arguments, pattern->base, pattern->filter);
  OBJSTORE_ASSIGN(const client::ObjectName from, remote.object());
  OBJSTORE_ASSIGN(const std::string file, target_file(arguments, from));
  OBJSTORE_ASSIGN(const auto old_copy, delta_from(arguments, file));
  TransferView view(session);
  OBJSTORE_TRY(get_one(session, view,
                       {.from = from,
                        .file = file,
                        .options = {.range = range,
                                    .if_match = quoted_etag(arguments.if_match),
                                    .if_none_match = quoted_etag(arguments.if_none_match),
                                    .version_id = arguments.version_id,
                                    .sync = arguments.sync},
                        .dry_run = arguments.dry_run,
                        .delta_from = old_copy}));
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
    const auto code = get_checked(
        session, {.remote = remote, .file = "-", .range = arguments.range, .version_id = arguments.version_id});
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

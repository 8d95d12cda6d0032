#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "client/cli/commands.h"
#include "client/cli/location.h"
#include "client/cli/parallel.h"
#include "client/cli/stdio.h"
#include "client/cli/transfers.h"
#include "client/cli/tree_run.h"
#include "client/cli/units.h"
#include "client/lib/content_type.h"

namespace objstore::cli {
namespace {

namespace fs = std::filesystem;

ExitCode put_trees(Session& session, const PutArguments& arguments, const RemotePath& remote,
                   const client::PutOptions& put) {
  const auto filter = filter_of(arguments.filter);
  if (!filter) return session.report("put " + arguments.remote, filter.error());
  TreeRun run(session, {.done = "put", .infinitive = "put"}, arguments.dry_run);
  ExitCode worst = kExitOk;
  for (const auto& file : arguments.files) {
    run.set_more_to_come(&file != &arguments.files.back());
    auto options = run.options();
    options.compare = client::Compare::kAlways;
    options.filter = *filter;
    options.put = put;
    options.delta = arguments.delta;
    const ExitCode code = run.run(client::Directory{file}, client::Prefix{remote.bucket, as_directory(remote.key)},
                                  options, "put " + file);
    if (code != kExitOk) worst = code;
    if (code == kExitInterrupted) break;
  }
  return worst;
}

Status put_file(Session& session, TransferView& view, const PutArguments& arguments, const std::string& file,
                const RemotePath& to, const client::PutOptions& put) {
  PutTask task{.file = file, .to = to, .options = put, .dry_run = arguments.dry_run};
  if (!arguments.delta_base.empty()) {
    OBJSTORE_ASSIGN(const RemotePath base, RemotePath::parse(arguments.delta_base));
    OBJSTORE_ASSIGN(task.delta_base, base.object());
  } else if (arguments.delta) {
    OBJSTORE_ASSIGN(task.delta_base, to.object());
  }
  return put_one(session, view, task);
}

ExitCode put_files(Session& session, const PutArguments& arguments, const RemotePath& remote,
                   const client::PutOptions& put) {
  std::mutex mutex;
  Tally tally;
  const unsigned at_once = arguments.files.size() > 1 ? session.files_at_once() : 1;
  TransferView view(session);
  for_each_parallel(arguments.files.size(), at_once, [&](std::size_t i) {
    const std::string& file = arguments.files[i];
    if (session.stop().stop_requested()) return;
    const RemotePath to{remote.bucket, file == "-" ? remote.key : key_for_file(remote.key, file)};
    const auto done = put_file(session, view, arguments, file, to, put);
    if (!done) session.report("put " + to.str(), done.error());
    const std::lock_guard lock(mutex);
    done ? tally.succeeded() : tally.failed(done.error().code);
  });
  return session.stop().stop_requested() ? kExitInterrupted : tally.exit_code();
}

// What is wrong with the arguments as a whole; nothing is sent then.
Status check(const PutArguments& arguments, const RemotePath& remote) {
  const bool one_object = !remote.key.empty() && !remote.key.ends_with('/');
  if (arguments.files.size() > 1 && one_object && !arguments.recursive) {
    return fail(Errc::kInvalidArgument, "several files cannot become one object: end the target with '/'");
  }
  if (!arguments.delta_base.empty() && (arguments.files.size() > 1 || arguments.recursive)) {
    return fail(Errc::kInvalidArgument, "--delta-base is for one file; --delta takes for each the object it replaces");
  }
  for (const auto& file : arguments.files) {
    std::error_code ec;
    if (file == "-" && (arguments.delta || !arguments.delta_base.empty())) {
      return fail(Errc::kInvalidArgument, "standard input cannot be read twice, as --delta needs it: put a file");
    }
    const bool directory = file != "-" && fs::is_directory(file, ec);
    if (directory && !arguments.recursive) {
      return fail(Errc::kInvalidArgument, file + " is a directory: put it with --recursive");
    }
    if (!directory && arguments.recursive)
      return fail(Errc::kInvalidArgument, file + " is not a directory: put it without --recursive");
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
  if (const auto sound = check(arguments, *remote); !sound) return session.report(what, sound.error());
  const auto options = write_options(session, arguments.write, remote->bucket);
  if (!options) return session.report(what, options.error());
  return arguments.recursive ? put_trees(session, arguments, *remote, *options)
                             : put_files(session, arguments, *remote, *options);
}

}  // namespace objstore::cli

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "client/cli/commands.h"
#include "client/cli/location.h"
#include "client/cli/patterns.h"
#include "client/cli/transfers.h"
#include "client/cli/tree_run.h"

namespace objstore::cli {
namespace {

// cp and mv: the same, but for what becomes of the source.
class Copier {
 public:
  Copier(Session& session, const CpArguments& arguments, bool move)
      : session_(session), arguments_(arguments), move_(move) {}
  Result<ExitCode> run();

 private:
  client::Place place(const Side& side) const;
  Result<ExitCode> tree(const client::Place& from, const client::Place& to, const client::PathFilter& filter);
  Status one();
  Status copy(const RemotePath& from, const RemotePath& to);
  Status upload(const std::string& file, const RemotePath& to);
  Status download(const RemotePath& from, const std::string& file);
  TreeWords words() const;

  Session& session_;
  const CpArguments& arguments_;
  const bool move_;
  Side from_;
  Side to_;
  client::PutOptions put_;
};

client::Place Copier::place(const Side& side) const {
  if (side.remote) return client::Prefix{side.remote->bucket, as_directory(side.remote->key)};
  return client::Directory{side.file};
}

TreeWords Copier::words() const {
  if (move_) return {.done = "moved", .infinitive = "move"};
  return {.done = "copied", .infinitive = "copy"};
}

Result<ExitCode> Copier::tree(const client::Place& from, const client::Place& to, const client::PathFilter& filter) {
  TreeRun run(session_, words(), arguments_.dry_run);
  auto options = run.options();
  options.compare = client::Compare::kAlways;
  options.filter = filter;
  options.put = put_;
  options.remove_source = move_;
  return run.run(from, to, options, words().infinitive + " " + arguments_.from + " to " + arguments_.to);
}

Status Copier::copy(const RemotePath& from, const RemotePath& to) {
  OBJSTORE_ASSIGN(const client::ObjectName source, from.object());
  OBJSTORE_ASSIGN(const client::ObjectName target, (RemotePath{to.bucket, key_for_file(to.key, from.key)}.object()));
  if (move_ && source.bucket == target.bucket && source.key == target.key) {
    return fail(Errc::kInvalidArgument, "source and target are the same object");
  }
  OBJSTORE_TRY(copy_one(session_, {.from = source,
                                   .to = target,
                                   .options = put_,
                                   .from_version = arguments_.version_id,
                                   .verb = words().done,
                                   .dry_run = arguments_.dry_run}));
  return move_ && !arguments_.dry_run ? session_.client().remove(source) : Status{};
}

Status Copier::upload(const std::string& file, const RemotePath& to) {
  TransferView view(session_);
  const RemotePath target{to.bucket, file == "-" ? to.key : key_for_file(to.key, file)};
  OBJSTORE_TRY(put_one(session_, view, {.file = file, .to = target, .options = put_, .dry_run = arguments_.dry_run}));
  if (!move_ || arguments_.dry_run || file == "-" || ::unlink(file.c_str()) == 0) return {};
  return fail(Errc::kIo, "it is stored, but cannot remove " + file + ": " + std::strerror(errno));
}

Status Copier::download(const RemotePath& from, const std::string& file) {
  OBJSTORE_ASSIGN(const client::ObjectName source, from.object());
  std::error_code ec;
  const bool into_directory = file.ends_with('/') || (file != "-" && std::filesystem::is_directory(file, ec));
  const std::string name(base_name(from.key));
  if (into_directory && !client::file_path_for(name)) {
    return fail(Errc::kInvalidArgument, "the key's last part cannot be a file's name: say which file to write");
  }
  const std::string target = into_directory ? (std::filesystem::path(file) / name).string() : file;
  TransferView view(session_);
  OBJSTORE_TRY(get_one(session_, view,
                       {.from = source,
                        .file = target,
                        .options = {.version_id = arguments_.version_id},
                        .dry_run = arguments_.dry_run}));
  return move_ && !arguments_.dry_run ? session_.client().remove(source) : Status{};
}

Status Copier::one() {
  if (from_.remote && to_.remote) return copy(*from_.remote, *to_.remote);
  if (from_.remote) return download(*from_.remote, to_.file);
  std::error_code ec;
  if (std::filesystem::is_directory(from_.file, ec)) {
    return fail(Errc::kInvalidArgument, from_.file + " is a directory: use --recursive");
  }
  return upload(from_.file, *to_.remote);
}

Result<ExitCode> Copier::run() {
  OBJSTORE_ASSIGN(from_, parse_side(arguments_.from));
  OBJSTORE_ASSIGN(to_, parse_side(arguments_.to));
  if (!from_.remote && !to_.remote) return fail(Errc::kInvalidArgument, "neither of the two is in a bucket");
  if (to_.remote) {
    OBJSTORE_ASSIGN(put_, write_options(session_, arguments_.write, to_.remote->bucket));
  }
  if (arguments_.recursive) {
    OBJSTORE_ASSIGN(const auto filter, filter_of(arguments_.filter));
    return tree(place(from_), place(to_), filter);
  }
  if (from_.remote) {
    OBJSTORE_ASSIGN(const auto pattern, pattern_of(session_, *from_.remote, arguments_.filter));
    if (pattern) {
      return tree(client::Prefix{pattern->base.bucket, pattern->base.key}, place(to_), pattern->filter);
    }
  }
  OBJSTORE_TRY(one());
  return kExitOk;
}

ExitCode run_copier(Session& session, const CpArguments& arguments, bool move) {
  const auto code = Copier(session, arguments, move).run();
  if (code) return *code;
  const std::string verb = move ? "move " : "copy ";
  return session.report(verb + arguments.from + " to " + arguments.to, code.error());
}

}  // namespace

ExitCode run_cp(Session& session, const CpArguments& arguments) {
  return run_copier(session, arguments, false);
}

ExitCode run_mv(Session& session, const CpArguments& arguments) {
  return run_copier(session, arguments, true);
}

}  // namespace objstore::cli

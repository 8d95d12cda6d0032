#include <objstore/sync.h>

#include <utility>

#include "client/cli/commands.h"
#include "client/cli/location.h"
#include "client/cli/tree_run.h"

namespace objstore::cli {
namespace {

client::Place place_of(const Side& side) {
  if (side.remote) return client::Prefix{side.remote->bucket, as_directory(side.remote->key)};
  return client::Directory{side.file};
}

Result<client::Compare> compare_of(bool checksum, bool size_only) {
  if (checksum && size_only) return fail(Errc::kInvalidArgument, "--checksum and --size-only exclude each other");
  if (checksum) return client::Compare::kChecksum;
  return size_only ? client::Compare::kSize : client::Compare::kSizeAndTime;
}

TreeWords words_of(const Side& from, const Side& to) {
  if (!from.remote) return {.done = "put", .infinitive = "put"};
  if (!to.remote) return {.done = "got", .infinitive = "get"};
  return {.done = "copied", .infinitive = "copy"};
}

Result<ExitCode> sync_checked(Session& session, const SyncArguments& arguments, const std::string& what) {
  OBJSTORE_ASSIGN(const Side from, parse_side(arguments.from));
  OBJSTORE_ASSIGN(const Side to, parse_side(arguments.to));
  TreeRun run(session, words_of(from, to), arguments.dry_run);
  auto options = run.options();
  OBJSTORE_ASSIGN(options.compare, compare_of(arguments.checksum, arguments.size_only));
  OBJSTORE_ASSIGN(options.filter, filter_of(arguments.filter));
  if (to.remote) {
    OBJSTORE_ASSIGN(options.put, write_options(session, arguments.write, to.remote->bucket));
  }
  options.remove_extra = arguments.remove;
  options.keep_times = true;
  options.get.sync = arguments.sync;
  options.delta = arguments.delta;
  return run.run(place_of(from), place_of(to), options, what);
}

// 1 as diff(1) has it: the code says that there is a difference, not that something failed.
Result<ExitCode> diff_checked(Session& session, const DiffArguments& arguments) {
  OBJSTORE_ASSIGN(const Side first, parse_side(arguments.first));
  OBJSTORE_ASSIGN(const Side second, parse_side(arguments.second));
  client::SyncOptions options{.stop = session.stop()};
  OBJSTORE_ASSIGN(options.compare, compare_of(arguments.checksum, arguments.size_only));
  OBJSTORE_ASSIGN(options.filter, filter_of(arguments.filter));
  ExitCode code = kExitOk;
  OBJSTORE_TRY(client::diff(session.client(), place_of(first), place_of(second), options,
                            [&](const std::string& path, client::Difference difference) -> Status {
                              code = kExitPartial;
                              const bool only_first = difference == client::Difference::kOnlyFirst;
                              const bool only_second = difference == client::Difference::kOnlySecond;
                              if (session.json()) {
                                const char* word = only_first ? "only_first" : only_second ? "only_second" : "differs";
                                session.print(JsonLine().add("path", path).add("difference", word));
                              } else {
                                session.print_name((only_first ? "- " : only_second ? "+ " : "! ") + path);
                              }
                              return {};
                            }));
  return code;
}

}  // namespace

ExitCode run_sync(Session& session, const SyncArguments& arguments) {
  const std::string what = "sync " + arguments.from + " to " + arguments.to;
  const auto code = sync_checked(session, arguments, what);
  return code ? *code : session.report(what, code.error());
}

ExitCode run_diff(Session& session, const DiffArguments& arguments) {
  const auto code = diff_checked(session, arguments);
  return code ? *code : session.report("compare " + arguments.first + " with " + arguments.second, code.error());
}

}  // namespace objstore::cli

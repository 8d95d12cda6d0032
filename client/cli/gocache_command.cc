#include <objstore/gocache.h>

#include <cstdlib>
#include <iostream>
#include <utility>

#include "client/cli/pipeline_commands.h"

namespace objstore::cli {
namespace {

Result<std::string> local_directory(const std::string& given) {
  if (!given.empty()) return given;
  const auto variable = [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  if (const std::string cache = variable("XDG_CACHE_HOME"); !cache.empty()) return cache + "/objcli/gocache";
  if (const std::string home = variable("HOME"); !home.empty()) return home + "/.cache/objcli/gocache";
  return fail(Errc::kInvalidArgument, "no place for the local half of the cache: --dir names one");
}

Status serve(Session& session, const GoCacheArguments& arguments) {
  OBJSTORE_ASSIGN(const BucketName bucket, BucketName::parse(arguments.bucket));
  OBJSTORE_ASSIGN(std::string directory, local_directory(arguments.directory));
  const client::GoCacheOptions options{.prefix = arguments.prefix,
                                       .directory = std::move(directory),
                                       .parallelism = 2 * session.client_options().parallelism,
                                       .read_only = arguments.read_only,
                                       .stop = session.stop()};
  OBJSTORE_ASSIGN(const auto summary, client::serve_go_cache(session.client(), bucket, options, std::cin, std::cout));
  // On standard error: standard output is the go command's.
  if (summary.failures > 0) {
    session.warn(std::to_string(summary.failures) +
                 " requests for the build cache failed, the first one: " + summary.first_failure);
  }
  if (arguments.verbose) {
    session.warn(std::to_string(summary.gets) + " gets: " + std::to_string(summary.local_hits) + " found here, " +
                 std::to_string(summary.remote_hits) + " in the bucket; " + std::to_string(summary.puts) + " puts");
  }
  return {};
}

}  // namespace

ExitCode run_gocache(Session& session, const GoCacheArguments& arguments) {
  const auto done = serve(session, arguments);
  return done ? kExitOk : session.report("serve the go command", done.error());
}

}  // namespace objstore::cli

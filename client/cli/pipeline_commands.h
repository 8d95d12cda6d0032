// The commands for pipelines: caches, artifacts, Go's build cache. Each takes what the command line says, prints its
// own errors and gives the exit code.
#pragma once

#include <string>
#include <vector>

#include "client/cli/exit_code.h"
#include "client/cli/session.h"

namespace objstore::cli {

struct CacheSaveArguments {
  std::string bucket{};
  std::string prefix = "cache/";
  std::string key{};
  std::string root = ".";
  std::vector<std::string> paths{};
  bool stable_mtimes = false;
  int level = 3;
};
ExitCode run_cache_save(Session& session, const CacheSaveArguments& arguments);

struct CacheRestoreArguments {
  std::string bucket{};
  std::string prefix = "cache/";
  std::string key{};
  std::vector<std::string> restore_keys{};
  std::string root = ".";
  bool fail_on_miss = false;
  bool lookup_only = false;
};
ExitCode run_cache_restore(Session& session, const CacheRestoreArguments& arguments);

}  // namespace objstore::cli

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
  std::vector<std::string> restore_keys{};  // name the cache that is like this one
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

struct ArtifactPushArguments {
  std::string bucket{};
  std::string prefix = "artifact/";
  std::string name{};
  std::string directory{};
  bool keep_tag = false;
};
ExitCode run_artifact_push(Session& session, const ArtifactPushArguments& arguments);

struct ArtifactPullArguments {
  std::string bucket{};
  std::string prefix = "artifact/";
  std::string name{};
  std::string directory{};
};
ExitCode run_artifact_pull(Session& session, const ArtifactPullArguments& arguments);

struct GoCacheArguments {
  std::string bucket{};
  std::string prefix = "gocache/";
  std::string directory{};  // empty: in the user's cache directory
  bool read_only = false;
  bool verbose = false;
};
ExitCode run_gocache(Session& session, const GoCacheArguments& arguments);

}  // namespace objstore::cli

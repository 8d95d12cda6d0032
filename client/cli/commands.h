// The commands of objcli: each takes what the command line says and gives the exit code. They print their own errors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/cli/exit_code.h"
#include "client/cli/session.h"

namespace objstore::cli {

struct BucketArguments {
  std::vector<std::string> buckets{};
  bool force = false;  // rb: with everything in it
};
ExitCode run_mb(Session& session, const BucketArguments& arguments);
ExitCode run_rb(Session& session, const BucketArguments& arguments);

struct LsArguments {
  std::string path{};  // empty: the buckets
  bool recursive = false;
  bool human = false;
};
ExitCode run_ls(Session& session, const LsArguments& arguments);

struct PutArguments {
  std::string remote{};
  std::vector<std::string> files{};  // "-": standard input
  bool recursive = false;
  bool no_overwrite = false;
  std::string content_type{};
  std::string cache_control{};
  std::vector<std::string> metadata{};  // name=value
};
ExitCode run_put(Session& session, const PutArguments& arguments);

struct GetArguments {
  std::string remote{};
  std::string file{};  // "-": standard output; empty: the key's last part, here
  bool recursive = false;
  bool sync = false;
  std::string range{};  // "first-last", "first-"
};
ExitCode run_get(Session& session, const GetArguments& arguments);

struct CatArguments {
  std::vector<std::string> remotes{};
  std::string range{};
};
ExitCode run_cat(Session& session, const CatArguments& arguments);

struct RmArguments {
  std::vector<std::string> remotes{};
  bool recursive = false;
};
ExitCode run_rm(Session& session, const RmArguments& arguments);

struct CpArguments {
  std::string from{};
  std::string to{};
  bool recursive = false;
  bool no_overwrite = false;
};
ExitCode run_cp(Session& session, const CpArguments& arguments);

struct StatArguments {
  std::vector<std::string> remotes{};
};
ExitCode run_stat(Session& session, const StatArguments& arguments);

struct PresignArguments {
  std::string remote{};
  std::string method = "GET";
  std::string expires = "1h";
};
ExitCode run_presign(Session& session, const PresignArguments& arguments);

}  // namespace objstore::cli

// The commands of objcli: each takes what the command line says and gives the exit code. They print their own errors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/cli/exit_code.h"
#include "client/cli/session.h"
#include "client/cli/write_options.h"

namespace objstore::cli {

struct BucketArguments {
  std::vector<std::string> buckets{};
  bool force = false;         // rb: with everything in it
  bool opaque_etags = false;  // of mb
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
  bool dry_run = false;
  bool delta = false;
  std::string delta_base{};  // implies delta; empty: the object that is replaced
  WriteArguments write{};
  FilterArguments filter{};
};
ExitCode run_put(Session& session, const PutArguments& arguments);

struct GetArguments {
  std::string remote{};
  std::string file{};  // "-": standard output; empty: the key's last part, here
  bool recursive = false;
  bool dry_run = false;
  bool sync = false;
  bool delta = false;
  std::string delta_from{};  // implies delta; empty: the file that is replaced
  std::string range{};       // "first-last", "first-"
  std::string version_id{};
  std::string if_match{};
  std::string if_none_match{};
  FilterArguments filter{};
};
ExitCode run_get(Session& session, const GetArguments& arguments);

struct CatArguments {
  std::vector<std::string> remotes{};
  std::string range{};
  std::string version_id{};
};
ExitCode run_cat(Session& session, const CatArguments& arguments);

struct RmArguments {
  std::vector<std::string> remotes{};
  bool recursive = false;
  bool dry_run = false;
  bool versions = false;  // with -r: all that is kept, for good
  std::string version_id{};
  FilterArguments filter{};
};
ExitCode run_rm(Session& session, const RmArguments& arguments);

struct CpArguments {
  std::string from{};
  std::string to{};
  bool recursive = false;
  bool dry_run = false;
  std::string version_id{};
  WriteArguments write{};
  FilterArguments filter{};
};
ExitCode run_cp(Session& session, const CpArguments& arguments);
ExitCode run_mv(Session& session, const CpArguments& arguments);

struct SyncArguments {
  std::string from{};
  std::string to{};
  bool remove = false;
  bool dry_run = false;
  bool checksum = false;
  bool size_only = false;
  bool sync = false;
  bool delta = false;
  WriteArguments write{};
  FilterArguments filter{};
};
ExitCode run_sync(Session& session, const SyncArguments& arguments);

struct DiffArguments {
  std::string first{};
  std::string second{};
  bool checksum = false;
  bool size_only = false;
  FilterArguments filter{};
};
// 0: they are the same; 1: they are not.
ExitCode run_diff(Session& session, const DiffArguments& arguments);

struct FindArguments {
  std::string path{};
  std::string larger{}, smaller{};  // sizes
  std::string older{}, newer{};     // times before now
  bool zero = false;                // NUL behind each name
  FilterArguments filter{};
};
ExitCode run_find(Session& session, const FindArguments& arguments);

struct DuArguments {
  std::vector<std::string> paths{};
  bool human = false;
  unsigned depth = 0;
  FilterArguments filter{};
};
ExitCode run_du(Session& session, const DuArguments& arguments);

struct StatArguments {
  std::vector<std::string> remotes{};
  std::string version_id{};
};
ExitCode run_stat(Session& session, const StatArguments& arguments);

struct PresignArguments {
  std::string remote{};
  std::string method = "GET";
  std::string expires = "1h";
};
ExitCode run_presign(Session& session, const PresignArguments& arguments);

}  // namespace objstore::cli

// Commands about what a bucket keeps and how it is set up, and about this machine's own set-up. As in commands.h.
#pragma once

#include <string>
#include <vector>

#include "client/cli/exit_code.h"
#include "client/cli/session.h"

namespace objstore::cli {

struct VersionsArguments {
  std::string path{};  // bucket or bucket/prefix
  bool enable = false;
  bool suspend = false;
  bool human = false;
};
ExitCode run_versions(Session& session, const VersionsArguments& arguments);

struct TagArguments {
  std::string remote{};
  std::string version_id{};
  std::vector<std::string> values{};  // name=value; of `tag rm` names
};
ExitCode run_tag_get(Session& session, const TagArguments& arguments);
ExitCode run_tag_set(Session& session, const TagArguments& arguments);
ExitCode run_tag_rm(Session& session, const TagArguments& arguments);

struct DocumentArguments {
  std::string bucket{};
  std::string file{};  // "-": standard input
};
ExitCode run_policy_get(Session& session, const DocumentArguments& arguments);
ExitCode run_policy_set(Session& session, const DocumentArguments& arguments);
ExitCode run_policy_rm(Session& session, const DocumentArguments& arguments);
ExitCode run_cors_get(Session& session, const DocumentArguments& arguments);
ExitCode run_cors_set(Session& session, const DocumentArguments& arguments);
ExitCode run_cors_rm(Session& session, const DocumentArguments& arguments);
ExitCode run_lifecycle_get(Session& session, const DocumentArguments& arguments);
ExitCode run_lifecycle_set(Session& session, const DocumentArguments& arguments);
ExitCode run_lifecycle_rm(Session& session, const DocumentArguments& arguments);

struct UploadsArguments {
  std::string path{};       // bucket or bucket/prefix; of abort bucket/key
  std::string upload_id{};  // abort: this one; empty: all of the key
  std::string older{};      // abort: begun longer ago
  bool recursive = false;   // abort: of all keys that start with it
};
ExitCode run_uploads_ls(Session& session, const UploadsArguments& arguments);
ExitCode run_uploads_abort(Session& session, const UploadsArguments& arguments);

struct DoctorArguments {
  std::string bucket{};
  bool write = false;
};
ExitCode run_doctor(Session& session, const DoctorArguments& arguments);

// Profiles in AWS's shared files. No session: what is being set up cannot be needed for it.
ExitCode run_config_list(const GlobalOptions& options);
// From the options; what is missing is asked for on a terminal, and a usage error elsewhere.
ExitCode run_config_set(const GlobalOptions& options);

}  // namespace objstore::cli

// What the program does: one function for each command. Each gives the exit status of the process: 0, or 1 after one
// line on standard error. Called once, by main's thread.
#pragma once

#include <string>

#include "server/app/option_values.h"

namespace objstore::app {

inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;

struct CommandLine {
  OptionLayer options;
  std::string endpoint;                // of commands that ask a server: instead of the running server's own
  bool json = false;                   // of status, fsck, scrub and backup
  bool read_data = false;              // of fsck
  bool wait = false;                   // of scrub
  bool force_from_checkpoint = false;  // of rebuild
  bool skip_unreadable = false;        // of rebuild and rebuild-index
  // Of backup, verify-backup and restore:
  std::string backup_place;
  std::string backup_id;  // empty: the newest
  std::uint64_t keep = 0;
  std::string s3_endpoint;
  std::string s3_region;
  std::string s3_profile;
  std::string secret_key_file;  // of restore, like the next
  bool new_keys = false;
};

int serve(const CommandLine& line);
int check_config(const CommandLine& line);
int show_status(const CommandLine& line);
// By the running server, or offline when none has the data directory.
int rotate_root_key(const CommandLine& line);
// By the running server, or offline. 0 clean, 1 damage or an error, 3 leaks only.
int fsck(const CommandLine& line);
// By the running server, or offline. 0, 1 when chunks are lost or after an error.
int scrub(const CommandLine& line);
// Offline; 1 also when something is lost.
int rebuild_index(const CommandLine& line);
int rebuild(const CommandLine& line);
// By the running server, or offline.
int make_backup(const CommandLine& line);
int verify_backup(const CommandLine& line);
int restore_backup(const CommandLine& line);

// The environment of this process.
std::optional<std::string> process_environment(const std::string& name);

}  // namespace objstore::app

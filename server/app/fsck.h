// Runs a check of a store and puts what it finds into words. One thread.
#pragma once

#include <objstore/error.h>

#include <string>
#include <string_view>

#include "server/app/config.h"
#include "server/app/jobs.h"
#include "server/app/store.h"
#include "server/storage/check_findings.h"

namespace objstore::app {

struct FsckOptions {
  bool read_data = false;  // every chunk, too
};

// On a store that nobody serves. Writes nothing but the name of this process into the lock file. kUnavailable: it is
// being served; kNotFound, kUnsupported, kCorrupt, kIo.
Result<std::string> fsck_offline(const Config& config, const FsckOptions& options);
// What the job of kind "fsck" does on the store that this process serves. The store outlives it.
Jobs::Work fsck_online(Store& store, const FsckOptions& options);

// Both give the report as a JSON document: clean, damage, leaks, read_data, findings, omitted.
std::string fsck_json(const storage::Findings& findings, const FsckOptions& options);
// For people. kMalformed when it is no such document.
Result<std::string> fsck_text(std::string_view report);
// 0 clean, 1 damage, 3 leaks only.
Result<int> fsck_exit_status(std::string_view report);
inline constexpr int kExitLeaks = 3;

}  // namespace objstore::app

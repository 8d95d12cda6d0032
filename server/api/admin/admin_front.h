// What lies below "/-/": health, metrics, and the operator's requests. Any thread; what is handed in outlives it.
//
//   GET  /-/health/live        200 while the process runs
//   GET  /-/health/ready       200; 503 when the server stops or a sync has failed, not when the disk is full
//   GET  /-/metrics            Prometheus text; for the root key and the metrics token, or for everybody
//   GET  /-/status             JSON, for the root key alone
//   POST /-/rotate-root-key    JSON, for the root key alone
//   POST /-/fsck               starts a check; ?read-data=true reads everything; for the root key alone
//   POST /-/scrub              reads and verifies all data now; for the root key alone
//   POST /-/backup             starts a backup to ?target=...; for the root key alone
//   GET  /-/jobs               JSON: the last job of each kind, without results; for the root key alone
//   GET  /-/jobs/KIND          JSON: that one, with its result
//
// Who asks is checked as for S3 (Signature Version 4, service "s3").
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/handler.h"
#include "server/auth/authenticator.h"

namespace objstore::admin {

struct StatusReport {
  std::string version;
  std::int64_t uptime_s = 0;
  std::uint64_t buckets = 0;
  std::uint64_t objects = 0;
  std::uint64_t logical_bytes = 0;  // what the objects' sizes add up to
  std::uint64_t stored_bytes = 0;   // what they take up, dead bytes included
  std::uint64_t disk_bytes = 0;     // size of the file system below the store
  std::uint64_t disk_free_bytes = 0;
  std::uint64_t damaged_chunks = 0;  // with a copy that was found damaged
  std::uint64_t lost_chunks = 0;     // those without a good one
  std::int64_t scrubbed_ms = 0;      // when everything had last been read; 0: never
  std::int64_t checkpoint_ms = 0;    // when the last checkpoint of the metadata was made; 0: there is none yet
  std::int64_t checkpoint_age_s = 0;
  std::string checkpoint_failure;  // why the last try failed; empty: it did not
  bool writable = true;            // false below the free-space watermark, or after a failed sync
};

// A job that runs or ran.
struct JobReport {
  std::uint64_t id = 0;
  std::string kind;
  std::string state;  // "running", "done", "failed", "cancelled"
  double fraction = 0;
  std::int64_t started_ms = 0;
  std::int64_t finished_ms = 0;  // 0: not yet
  std::string error;
  std::string result;  // a JSON document; empty: none yet
};

// How the rest of the server is asked; wired by the application. Called from any thread, many at once.
struct AdminHooks {
  std::function<Status()> ready;         // the message of its error says why not
  std::function<std::string()> metrics;  // Prometheus text format 0.0.4
  std::function<Result<StatusReport>()> status;
  std::function<Result<std::string>()> rotate_root_key;  // durable on return; gives the new access key's id
  // `query`: of the request. kConflict: one of this kind runs. kInvalidArgument: the query.
  std::function<Result<JobReport>(std::string_view kind, std::string_view query)> start_job;
  std::function<std::vector<JobReport>()> jobs;
};

struct AdminOptions {
  bool open_metrics = false;    // anybody who can connect may read the metrics
  std::string metrics_token{};  // who sends it as a bearer token may; empty: there is none
};

class AdminFront final : public api::Handler {
 public:
  AdminFront(const auth::Authenticator& authenticator, AdminHooks hooks, AdminOptions options = {});
  api::Exchange begin(const wire::RequestHead& head) override;
  api::Reply refuse_head(const wire::RequestHead& head, int status, const Error& error) override;

 private:
  api::Reply handle(const wire::RequestHead& head);
  api::Reply as_root(const wire::RequestHead& head, const std::function<api::Reply()>& then);
  api::Reply health(const wire::RequestHead& head);
  bool may_read_metrics(const wire::RequestHead& head) const;
  api::Reply metrics(const wire::RequestHead& head);
  api::Reply status(const wire::RequestHead& head);
  api::Reply rotate(const wire::RequestHead& head);
  api::Reply start_job(const wire::RequestHead& head);
  api::Reply jobs(const wire::RequestHead& head);

  const auth::Authenticator& authenticator_;
  const AdminHooks hooks_;
  const AdminOptions options_;
};

}  // namespace objstore::admin

#include "server/api/admin/admin_front.h"

#include <array>
#include <boost/json.hpp>
#include <utility>

#include "common/base/bytes.h"
#include "common/base/digest.h"

namespace objstore::admin {
namespace {

constexpr std::string_view kBearer = "Bearer ";
constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

// What there is, and by which method.
struct Resource {
  std::string_view path;
  std::string_view method;
  std::string_view action;  // for the access log
};
constexpr auto kResources = std::to_array<Resource>({
    {"/-/health/live", "GET", "HealthLive"},
    {"/-/health/ready", "GET", "HealthReady"},
    {"/-/metrics", "GET", "Metrics"},
    {"/-/status", "GET", "Status"},
    {"/-/rotate-root-key", "POST", "RotateRootKey"},
    {"/-/fsck", "POST", "StartFsck"},
    {"/-/scrub", "POST", "StartScrub"},
    {"/-/backup", "POST", "StartBackup"},
    {"/-/jobs", "GET", "Jobs"},
});
constexpr std::string_view kOneJob = "/-/jobs/";
constexpr std::string_view kStart = "Start";  // what the actions of jobs begin with

api::Reply text(const wire::RequestHead& head, int status, std::string_view type, std::string body) {
  api::Reply reply;
  reply.status = status;
  reply.headers.add("x-amz-request-id", head.request_id);
  reply.headers.add("Server", "Objstore");
  reply.headers.add("X-Content-Type-Options", "nosniff");
  reply.headers.add("Cache-Control", "no-store");
  reply.headers.add("Content-Type", type);
  reply.content_length = body.size();
  if (head.method != "HEAD") reply.body = std::move(body);
  return reply;
}

api::Reply plain(const wire::RequestHead& head, int status, std::string body) {
  body.push_back('\n');
  return text(head, status, "text/plain; charset=utf-8", std::move(body));
}

api::Reply json(const wire::RequestHead& head, int status, const boost::json::object& object) {
  return text(head, status, "application/json", boost::json::serialize(object) + "\n");
}

api::Reply failure(const wire::RequestHead& head, int status, std::string_view code, std::string_view message) {
  api::Reply reply = json(head, status, {{"error", code}, {"message", message}});
  reply.access.error = code;
  return reply;
}

const Resource* find_resource(std::string_view path) {
  for (const Resource& resource : kResources)
    if (resource.path == path || (resource.path == "/-/jobs" && path.starts_with(kOneJob))) return &resource;
  return nullptr;
}

boost::json::object to_json(const StatusReport& report) {
  return {{"version", report.version},
          {"uptime_s", report.uptime_s},
          {"writable", report.writable},
          {"buckets", report.buckets},
          {"objects", report.objects},
          {"logical_bytes", report.logical_bytes},
          {"stored_bytes", report.stored_bytes},
          {"disk_bytes", report.disk_bytes},
          {"disk_free_bytes", report.disk_free_bytes},
          {"damaged_chunks", report.damaged_chunks},
          {"lost_chunks", report.lost_chunks},
          {"scrubbed_ms", report.scrubbed_ms},
          {"checkpoint_ms", report.checkpoint_ms},
          {"checkpoint_age_s", report.checkpoint_age_s},
          {"checkpoint_failure", report.checkpoint_failure}};
}

boost::json::object to_json(const JobReport& job, bool with_result) {
  boost::json::object out{{"id", job.id},
                          {"kind", job.kind},
                          {"state", job.state},
                          {"fraction", job.fraction},
                          {"started_ms", job.started_ms},
                          {"finished_ms", job.finished_ms}};
  if (!job.error.empty()) out["error"] = job.error;
  if (!with_result || job.result.empty()) return out;
  boost::system::error_code error;
  out["result"] = boost::json::parse(job.result, error);
  return out;
}

}  // namespace

AdminFront::AdminFront(const auth::Authenticator& authenticator, AdminHooks hooks, AdminOptions options)
    : authenticator_(authenticator), hooks_(std::move(hooks)), options_(std::move(options)) {}

// One answer for everybody who is not root: who guesses learns no more than that.
api::Reply AdminFront::as_root(const wire::RequestHead& head, const std::function<api::Reply()>& then) {
  const auto who = authenticator_.authenticate(head);
  if (!who || who->principal.anonymous || !who->principal.root)
    return failure(head, 403, "AccessDenied", "this needs the store's root key");
  api::Reply reply = then();
  reply.access.principal = who->principal.user_id;
  return reply;
}

api::Reply AdminFront::health(const wire::RequestHead& head) {
  if (head.path == "/-/health/live") return plain(head, 200, "live");
  const Status ready = hooks_.ready();
  return ready ? plain(head, 200, "ready") : plain(head, 503, "not ready");
}

// Digests are compared, so that neither the time nor a length tells how much of a guess was right.
bool AdminFront::may_read_metrics(const wire::RequestHead& head) const {
  if (options_.open_metrics) return true;
  const std::string_view given = head.headers.find("authorization").value_or("");
  if (options_.metrics_token.empty() || !given.starts_with(kBearer)) return false;
  const auto expected = sha256(as_bytes(options_.metrics_token));
  return equal_constant_time(expected, sha256(as_bytes(given.substr(kBearer.size()))));
}

api::Reply AdminFront::metrics(const wire::RequestHead& head) {
  const auto answer = [&] { return text(head, 200, kMetricsType, hooks_.metrics()); };
  return may_read_metrics(head) ? answer() : as_root(head, answer);
}

api::Reply AdminFront::status(const wire::RequestHead& head) {
  const Result<StatusReport> report = hooks_.status();
  return report ? json(head, 200, to_json(*report)) : failure(head, 500, "InternalError", "the store gave no figures");
}

api::Reply AdminFront::rotate(const wire::RequestHead& head) {
  const Result<std::string> id = hooks_.rotate_root_key();
  if (id) return json(head, 200, {{"access_key", *id}});
  return failure(head, 500, "InternalError", "the root key was not changed");
}

api::Reply AdminFront::start_job(const wire::RequestHead& head) {
  const auto kind = std::string_view(head.path).substr(std::string_view("/-/").size());
  const Result<JobReport> started = hooks_.start_job(kind, head.query);
  if (started) return json(head, 200, to_json(*started, false));
  const Error& error = started.error();
  switch (error.code) {
    case Errc::kConflict:
      return failure(head, 409, "Conflict", error.message);
    case Errc::kInvalidArgument:
      return failure(head, 400, "InvalidArgument", error.message);
    default:
      return failure(head, 503, "Unavailable", error.message);
  }
}

api::Reply AdminFront::jobs(const wire::RequestHead& head) {
  const std::string_view path = head.path;
  const std::vector<JobReport> all = hooks_.jobs();
  if (!path.starts_with(kOneJob)) {
    boost::json::array list;
    for (const JobReport& job : all) list.push_back(to_json(job, false));
    return json(head, 200, {{"jobs", std::move(list)}});
  }
  for (const JobReport& job : all)
    if (job.kind == path.substr(kOneJob.size())) return json(head, 200, to_json(job, true));
  return failure(head, 404, "NotFound", "no such job has run since the server started");
}

api::Reply AdminFront::handle(const wire::RequestHead& head) {
  const Resource* resource = find_resource(head.path);
  if (resource == nullptr) return failure(head, 404, "NotFound", "there is nothing of this name");
  if (head.method != resource->method && !(head.method == "HEAD" && resource->method == "GET")) {
    api::Reply reply = failure(head, 405, "MethodNotAllowed", "the method does not fit");
    reply.headers.add("Allow", resource->method);
    return reply;
  }
  api::Reply reply;
  if (resource->path.starts_with("/-/health/")) {
    reply = health(head);
  } else if (resource->path == "/-/metrics") {
    reply = metrics(head);
  } else if (resource->path == "/-/status") {
    reply = as_root(head, [&] { return status(head); });
  } else if (resource->path == "/-/jobs") {
    reply = as_root(head, [&] { return jobs(head); });
  } else if (resource->action.starts_with(kStart)) {
    reply = as_root(head, [&] { return start_job(head); });
  } else {
    reply = as_root(head, [&] { return rotate(head); });
  }
  reply.access.action = resource->action;
  return reply;
}

api::Exchange AdminFront::begin(const wire::RequestHead& head) {
  return Ticket<api::Reply>(handle(head));
}

api::Reply AdminFront::refuse_head(const wire::RequestHead& head, int status, const Error& error) {
  api::Reply reply = failure(head, status, "BadRequest", error.message);
  reply.close = true;
  return reply;
}

}  // namespace objstore::admin

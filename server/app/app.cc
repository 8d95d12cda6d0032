#include "server/app/app.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <thread>

#include "common/base/log.h"
#include "server/api/admin/admin_front.h"
#include "server/api/dispatch.h"
#include "server/api/s3/front.h"
#include "server/app/backup.h"
#include "server/app/endpoint_file.h"
#include "server/app/fsck.h"
#include "server/app/jobs.h"
#include "server/app/metrics.h"
#include "server/app/network_file.h"
#include "server/app/scrub.h"
#include "server/app/store.h"
#include "server/auth/authorizer.h"
#include "server/http/server.h"
#include "server/storage/scrubber.h"

namespace objstore::app {
namespace {

constexpr std::size_t kIoThreadsMax = 8;

bool has_ipv6() {
  const int fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

http::Options http_options(const Config& config) {
  http::Options options;
  const bool certified = !config.tls_cert.empty();
  for (const auto& listen : config.listen) {
    const bool tls =
        listen.scheme == Listen::Scheme::kAsConfigured ? certified : listen.scheme == Listen::Scheme::kHttps;
    const std::string every = has_ipv6() ? "::" : "0.0.0.0";
    options.listeners.push_back({.host = listen.host.empty() ? every : listen.host, .port = listen.port, .tls = tls});
  }
  options.certificate_file = config.tls_cert;
  options.private_key_file = config.tls_key;
  options.io_threads = config.io_threads != 0
                           ? config.io_threads
                           : std::clamp<std::size_t>(std::thread::hardware_concurrency() / 2, 1, kIoThreadsMax);
  options.limits.connections_max = config.connections_max;
  options.limits.connections_per_peer_max = config.connections_per_peer_max;
  options.timeouts.head = config.head_timeout;
  options.timeouts.idle = config.idle_timeout;
  options.timeouts.rate_bytes_per_second_min = config.body_rate_min;
  options.access_log = config.access_log;
  if (!config.audit_log.empty())
    options.audit_log = RotatingFileOptions{
        .path = config.audit_log, .bytes_max = config.audit_log_bytes, .files_kept = config.audit_log_files};
  return options;
}

std::string url_of(const http::Bound& bound) {
  auto host = bound.endpoint.address;
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return (bound.tls ? "https://" : "http://") + host + ":" + std::to_string(bound.endpoint.port);
}

// How a process on this machine reaches the listener: no client can connect to "every address".
std::string local_url_of(http::Bound bound) {
  if (bound.endpoint.address == "0.0.0.0") bound.endpoint.address = "127.0.0.1";
  if (bound.endpoint.address == "::") bound.endpoint.address = "127.0.0.1";  // it takes IPv4 too
  return url_of(bound);
}

admin::JobReport report_of(JobInfo info) {
  return {.id = info.id,
          .kind = std::move(info.kind),
          .state = std::string(to_string(info.state)),
          .fraction = info.fraction,
          .started_ms = info.started_ms,
          .finished_ms = info.finished_ms,
          .error = std::move(info.error),
          .result = std::move(info.result)};
}

// Of a request that starts a job: nothing, or "read-data=true".
Result<bool> read_data_of(std::string_view query) {
  if (query.empty() || query == "read-data=false") return false;
  if (query == "read-data=true") return true;
  return fail(Errc::kInvalidArgument, "the query may say read-data=true or read-data=false");
}

// What a job of this kind does; kInvalidArgument for a query that it does not understand.
Result<Jobs::Work> work_of(std::string_view kind, std::string_view query, Store& store, const Clock& clock) {
  if (kind == "fsck") {
    OBJSTORE_ASSIGN(const bool read_data, read_data_of(query));
    return fsck_online(store, {.read_data = read_data});
  }
  if (kind == "scrub") return scrub_online(store);
  if (kind == "backup") {
    OBJSTORE_ASSIGN(auto request, parse_backup_query(query));
    return backup_online(store, clock, std::move(request));
  }
  return fail(Errc::kInvalidArgument, "there is no job of kind '" + std::string(kind) + "'");
}

}  // namespace

// Members are destroyed from the last to the first: what is wired later stands on what is there before.
struct App::Impl {
  explicit Impl(const Config& c) : config(c) {}

  const Config config;
  SystemClock clock;
  const UnixMillis started_ms = clock.now_ms();
  std::atomic<bool> stopping{false};
  std::unique_ptr<Store> store;
  std::unique_ptr<DamageCount> damage;
  Jobs jobs{clock};  // of the operator; they use the store
  std::unique_ptr<Identity> identity;
  std::unique_ptr<auth::Authenticator> authenticator;
  auth::Authorizer authorizer;
  std::unique_ptr<s3::S3Front> s3;
  std::unique_ptr<admin::AdminFront> admin;
  std::unique_ptr<api::Dispatcher> dispatcher;
  std::unique_ptr<http::Server> server;

  Status open_identity(const Secrets& secrets);
  Status wire(const Secrets& secrets);
  Status reload_network();
  Status listen();
  admin::AdminHooks hooks();
  Result<admin::JobReport> start_job(std::string_view kind, std::string_view query);
  // A full store is ready: reads, and the deletions that make room, must still reach it.
  Status ready();
  Result<admin::StatusReport> status();
};

Status App::Impl::open_identity(const Secrets& secrets) {
  auto& engine = store->engine();
  const auto commit = [&committer = engine.committer()](storage::Batch batch) -> Status {
    OBJSTORE_TRY(committer.submit(std::move(batch), {}).wait());
    return {};
  };
  const auto& directory = store->directory();
  OBJSTORE_ASSIGN(
      identity, Identity::open(engine.metadata(), commit, clock,
                               {.secret_key = directory.secret_key(), .root_credentials = directory.root_credentials()},
                               secrets));
  if (identity->made_root_key()) {
    // Not a log line: an operator who has the log elsewhere, or at "error", still needs to hear this once. And at once,
    // since whatever fails later does not make the key anew.
    std::printf("objd: the root key of this new store is in %s\n", directory.root_credentials().c_str());
    std::fflush(stdout);
  }
  if (!config.bootstrap.empty()) OBJSTORE_TRY(identity->apply_bootstrap(config.bootstrap));
  return {};
}

Status App::Impl::wire(const Secrets& secrets) {
  const auto& credentials = identity->credentials();
  authenticator = std::make_unique<auth::Authenticator>(
      credentials, clock,
      auth::AuthenticatorOptions{.region = config.region, .require_signed_payload = config.require_signed_payload});
  s3::FrontOptions options;
  options.region = config.region;
  options.domains = config.domains;
  options.token_secret = identity->token_secret();
  s3 = std::make_unique<s3::S3Front>(s3::Services{store->catalog(), credentials, *authenticator, authorizer, clock},
                                     std::move(options));
  admin = std::make_unique<admin::AdminFront>(
      *authenticator, hooks(),
      admin::AdminOptions{.open_metrics = config.open_metrics, .metrics_token = secrets.metrics_token.value_or("")});
  dispatcher = std::make_unique<api::Dispatcher>(*s3, *admin, config.domains);
  http::Options transport = http_options(config);
  if (!config.network.empty()) {
    OBJSTORE_ASSIGN(transport.network, load_network_file(config.network, config.listen));
  }
  server = std::make_unique<http::Server>(transport, *dispatcher, store->workers(), clock);
  return {};
}

Status App::Impl::reload_network() {
  OBJSTORE_ASSIGN(auto rules, load_network_file(config.network, config.listen));
  server->set_network(std::move(rules));
  return {};
}

Status App::Impl::listen() {
  OBJSTORE_ASSIGN(const auto bound, server->start());
  for (const auto& one : bound) log::info("listening", {{"url", url_of(one)}});
  const auto& first = bound.front();
  const auto written = write_endpoint_file(
      store->directory().endpoint(),
      {.url = local_url_of(first),
       .region = config.region,
       .certificate = first.tls ? std::filesystem::absolute(config.tls_cert).string() : std::string()});
  // A server that cannot be found by `objd status` still serves: a full disk must not keep it from starting.
  if (!written) log::warn("no endpoint file", {{"error", written.error().message}});
  return {};
}

Status App::Impl::ready() {
  if (stopping) return fail(Errc::kUnavailable, "the server is stopping");
  if (const auto failure = store->engine().failure(); !failure.empty()) return fail(Errc::kIo, failure);
  return {};
}

Result<admin::StatusReport> App::Impl::status() {
  OBJSTORE_ASSIGN(const auto totals, store->catalog().totals());
  OBJSTORE_ASSIGN(const auto space, store->engine().space());
  OBJSTORE_ASSIGN(const auto disk, store->space().space());
  OBJSTORE_ASSIGN(const auto damaged, damage->get());
  const auto checkpoints = store->checkpointer().stats();
  return admin::StatusReport{.version = std::string(version()),
                             .uptime_s = (clock.now_ms() - started_ms) / 1000,
                             .buckets = totals.buckets,
                             .objects = totals.objects,
                             .logical_bytes = totals.logical_bytes,
                             .stored_bytes = space.written_bytes + space.metadata_bytes,
                             .disk_bytes = disk.total_bytes,
                             .disk_free_bytes = disk.available_bytes,
                             .damaged_chunks = damaged.damaged,
                             .lost_chunks = damaged.lost,
                             .scrubbed_ms = store->engine().scrubber().progress().finished_ms,
                             .checkpoint_ms = checkpoints.last_ms,
                             .checkpoint_age_s = std::max<UnixMillis>(clock.now_ms() - checkpoints.last_ms, 0) / 1000,
                             .checkpoint_failure = checkpoints.failure,
                             .writable = ready() && store->space().admit(0)};
}

Result<admin::JobReport> App::Impl::start_job(std::string_view kind, std::string_view query) {
  OBJSTORE_ASSIGN(auto work, work_of(kind, query, *store, clock));
  OBJSTORE_ASSIGN(auto started, jobs.start(std::string(kind), std::move(work)));
  return report_of(std::move(started));
}

admin::AdminHooks App::Impl::hooks() {
  return {.ready = [this] { return ready(); },
          .metrics =
              [this] {
                return metrics_text({.store = *store,
                                     .damage = *damage,
                                     .server = *server,
                                     .clock = clock,
                                     .started_ms = started_ms,
                                     .version = version()});
              },
          .status = [this] { return status(); },
          .rotate_root_key =
              [this] {
                auto rotated = identity->rotate_root_key();
                if (!rotated) log::error("the root key was not rotated", {{"error", rotated.error().message}});
                return rotated;
              },
          .start_job = [this](std::string_view kind, std::string_view query) { return start_job(kind, query); },
          .jobs =
              [this] {
                std::vector<admin::JobReport> reports;
                for (JobInfo& info : jobs.list()) reports.push_back(report_of(std::move(info)));
                return reports;
              }};
}

std::string_view version() noexcept {
  return OBJSTORE_VERSION;
}

App::App(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
App::~App() = default;

Result<std::unique_ptr<App>> App::start(const Config& config, const Secrets& secrets) {
  auto impl = std::make_unique<Impl>(config);
  OBJSTORE_ASSIGN(impl->store, Store::open(config, impl->clock));
  impl->damage = std::make_unique<DamageCount>(impl->store->engine());
  OBJSTORE_TRY(impl->open_identity(secrets));
  OBJSTORE_TRY(impl->wire(secrets));
  OBJSTORE_TRY(impl->listen());
  log::info("ready", {{"version", version()}, {"store", impl->store->directory().format().store_id}});
  return std::unique_ptr<App>(new App(std::move(impl)));
}

void App::reload() {
  const auto report = [](std::string_view what, const Status& status) {
    if (status)
      log::info("reloaded", {{"what", what}});
    else
      log::error("not reloaded", {{"what", what}, {"error", status.error().message}});
  };
  if (!impl_->config.log.file.empty()) report("log file", log::reopen());
  if (!impl_->config.audit_log.empty()) report("audit log", impl_->server->reopen_audit_log());
  if (!impl_->config.network.empty()) report("network rules", impl_->reload_network());
  if (!impl_->config.tls_cert.empty()) report("certificates", impl_->server->reload_certificates());
  if (!impl_->config.bootstrap.empty()) report("bootstrap", impl_->identity->apply_bootstrap(impl_->config.bootstrap));
}

void App::stop() {
  log::info("stopping");
  impl_->stopping = true;
  impl_->jobs.stop();
  std::error_code ignored;
  std::filesystem::remove(impl_->store->directory().endpoint(), ignored);
  impl_->server->stop(impl_->config.stop_timeout);
  impl_->store->checkpointer().stop();
  const auto directory = impl_->store->directory().path().string();
  impl_.reset();
  log::info("stopped", {{"data", directory}});
}

}  // namespace objstore::app

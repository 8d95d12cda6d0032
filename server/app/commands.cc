#include "server/app/commands.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "server/app/app.h"
#include "server/app/data_directory.h"
#include "server/app/network_file.h"
#include "server/app/notify.h"
#include "server/app/process.h"
#include "server/auth/bootstrap.h"
#include "server/http/tls_context.h"

namespace objstore::app {
namespace {

int failed(const Error& error, int status = kExitFailure) {
  std::fprintf(stderr, "objd: %s\n", error.message.c_str());
  return status;
}

// A flag that cannot be understood is a mistake of usage; a file or variable is not.
int bad_config(const Error& error) {
  return failed(error, error.message.starts_with("--") ? kExitUsage : kExitFailure);
}

Secrets secrets_of_environment() {
  return {.secret_key = process_environment("OBJD_SECRET_KEY"),
          .root_access_key = process_environment("OBJD_ROOT_ACCESS_KEY"),
          .root_secret_key = process_environment("OBJD_ROOT_SECRET_KEY"),
          .metrics_token = process_environment("OBJD_METRICS_TOKEN")};
}

Error missing_data() {
  return {Errc::kInvalidArgument, "--data DIR is needed (or OBJD_DATA, or data in the file)"};
}

void reload(App& app) {
  notify_reloading();
  app.reload();
  notify_manager("READY=1");
}

Status check_files(const Config& config) {
  if (!config.bootstrap.empty()) OBJSTORE_TRY(auth::load_bootstrap(config.bootstrap));
  if (!config.network.empty()) OBJSTORE_TRY(load_network_file(config.network, config.listen));
  if (!config.tls_cert.empty()) OBJSTORE_TRY(http::TlsContext::load(config.tls_cert, config.tls_key));
  return {};
}

}  // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* text = std::getenv(name.c_str());
  return text == nullptr ? std::nullopt : std::optional<std::string>(text);
}

int serve(const CommandLine& line) {
  const auto config = load_config(line.options, process_environment);
  if (!config) return bad_config(config.error());
  if (config->data.empty()) return failed(missing_data(), kExitUsage);
  prepare_process();
  block_signals();
  if (auto configured = log::configure(config->log); !configured) return failed(configured.error());
  auto app = App::start(*config, secrets_of_environment());
  if (!app) return failed(app.error());
  notify_manager("READY=1");
  while (wait_for_signal() == Signal::kReload) reload(**app);
  notify_manager("STOPPING=1");
  (*app)->stop();
  return 0;
}

int check_config(const CommandLine& line) {
  const auto config = load_config(line.options, process_environment);
  if (!config) return bad_config(config.error());
  if (auto checked = check_files(*config); !checked) return failed(checked.error());
  std::puts("objd: the configuration is good");
  return 0;
}

}  // namespace objstore::app

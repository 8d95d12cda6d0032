// The whole server: opens the store, wires the layers and listens. One for each process; start, reload and stop are
// called by one thread.
#pragma once

#include <objstore/error.h>

#include <memory>
#include <string>
#include <string_view>

#include "server/app/config.h"
#include "server/app/identity.h"

namespace objstore::app {

// "0.1.0": of this build.
std::string_view version() noexcept;

class App {
 public:
  // Serves when it returns. The error is one line for the operator.
  static Result<std::unique_ptr<App>> start(const Config& config, const Secrets& secrets);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // Log file, certificates and bootstrap file, each on its own: what fails is logged and stays as it was.
  void reload();
  // Refuses new requests, lets those that run end within the configured time, cuts the rest.
  void stop();

 private:
  struct Impl;
  explicit App(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace objstore::app

// What makes a command of objcli known to the command line: its options, its words of help, and what it runs.
//
// One register_*.cc for each family of commands; only they and main.cc know CLI11. Used by one thread, before any
// command runs; a Registry outlives the parsing.
#pragma once

#include <functional>

#include "client/cli/exit_code.h"
#include "client/cli/session.h"

namespace CLI {  // NOLINT: CLI11's own
class App;
}

namespace objstore::cli {

struct Registry {
  CLI::App& app;
  // Set by the command that was named. With `offline` set instead it runs without a session: no setting is read.
  std::function<ExitCode(Session&)> command{};
  std::function<ExitCode()> offline{};
};

void register_buckets(Registry& registry);
void register_objects(Registry& registry);
void register_pipelines(Registry& registry);
// options: of the command line; read when the command runs.
void register_admin(Registry& registry, const GlobalOptions& options);
void register_shell(Registry& registry);
void register_gocache(Registry& registry);

}  // namespace objstore::cli

// How a register_*.cc adds one command. Beside CLI11, in whose terms it is written; included after it.
#pragma once

#include <memory>
#include <string>

#include "client/cli/registration.h"

namespace objstore::cli {

// One command and what its options fill in. The arguments live as long as the command's callback.
template <typename App, typename Arguments>
struct Command {
  App* app;
  std::shared_ptr<Arguments> arguments;
  App* operator->() const { return app; }
  Arguments& operator*() const { return *arguments; }
};

// above: the command that this one is a word of ("save" of "cache").
template <typename Arguments, typename App = CLI::App>
Command<App, Arguments> add_command(Registry& registry, App& above, const std::string& name, const std::string& summary,
                                    ExitCode (*run)(Session&, const Arguments&), const std::string& footer) {
  App* app = above.add_subcommand(name, summary);
  auto arguments = std::make_shared<Arguments>();
  app->footer(footer);
  app->callback([&registry, arguments, run] {
    registry.command = [arguments, run](Session& session) { return run(session, *arguments); };
  });
  return {app, std::move(arguments)};
}

template <typename Arguments, typename App = CLI::App>
Command<App, Arguments> add_command(Registry& registry, const std::string& name, const std::string& summary,
                                    ExitCode (*run)(Session&, const Arguments&), const std::string& footer) {
  return add_command(registry, registry.app, name, summary, run, footer);
}

}  // namespace objstore::cli
